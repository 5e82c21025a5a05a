// The queries of the monitoring profile: what its dashboards and alert rules ask Prometheus for.
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const monitoringFolder = join(import.meta.dirname, '../../docker/monitoring')

export interface Query {
  /** Where it stands: `cluster.json: Dead facts`, `rules.yml: MasterDown`. */
  where: string
  expression: string
}

interface Board {
  panels: { title: string; targets: { expr: string }[] }[]
}

export interface AlertRule {
  alert: string
  expr: string
  labels: { severity: string; symptom: string }
}

export function readAlertRules(): AlertRule[] {
  const text = readFileSync(join(monitoringFolder, 'prometheus/rules.yml'), 'utf8')
  const { groups } = parse(text) as { groups: { rules: AlertRule[] }[] }
  return groups.flatMap(({ rules }) => rules)
}

export function readBoardQueries(): Query[] {
  const folder = join(monitoringFolder, 'grafana/dashboards')
  return globSync('*.json', { cwd: folder }).flatMap((name) => {
    const { panels } = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Board
    return panels.flatMap(({ title, targets }) =>
      targets.map(({ expr }) => ({ where: `${name}: ${title}`, expression: expr })),
    )
  })
}

export function readQueries(): Query[] {
  const ofRules = readAlertRules().map(({ alert, expr }) => ({ where: `rules.yml: ${alert}`, expression: expr }))
  return [...readBoardQueries(), ...ofRules]
}

/** With what only Grafana knows replaced by what it would be. */
export const plainExpression = ({ expression }: Query): string => expression.replaceAll('$__rate_interval', '1m')

export interface Selector {
  metric: string
  /** Labels that it selects by. */
  labels: string[]
}

/** The series that an expression asks for. Names before a parenthesis are functions; those in `by (...)` are labels. */
export function selectorsOf(query: Query): Selector[] {
  const bare = plainExpression(query)
    .replace(/\[[^\]]*\]/g, '')
    .replace(/\b(by|without) \([^)]*\)/g, '')
  const found = bare.matchAll(/(?<![\w"~=!])([a-z_]\w*)(\{[^}]*\})?(?![\w(]| *\()/gi)
  return [...found].map(([, metric, matchers = '']) => ({
    metric: metric!,
    labels: [...matchers.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label]) => label!),
  }))
}

export const groupedBy = ({ expression }: Query): string[] =>
  [...expression.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, labels]) => labels!.split(/,\s*/))
