const shownSeconds = 15 * 60

interface Range {
  data: { result: { values: [time: number, value: string][] }[] }
}

/** Whether a board that shows the last quarter of an hour would have something to draw. */
export async function hasData(url: string, query: string): Promise<boolean> {
  const now = Math.floor(Date.now() / 1000)
  const range = { query, start: String(now - shownSeconds), end: String(now), step: '5' }
  const response = await fetch(`${url}/api/v1/query_range?${new URLSearchParams(range)}`)
  if (!response.ok) throw new Error(`Prometheus refuses ${query}: ${await response.text()}`)
  const { data } = (await response.json()) as Range
  return data.result.some(({ values }) => values.some(([, value]) => value !== 'NaN'))
}
