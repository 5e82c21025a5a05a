import { join } from 'node:path'
import { loadConfig } from '@bramble/kit'
import { EmbeddedSettings } from './settings.ts'

const example = join(import.meta.dirname, '../../../config/embedded.example.yaml')

it('are explained by an example that shows every default', () => {
  expect(loadConfig(EmbeddedSettings, { file: example })).toEqual(EmbeddedSettings.parse({}))
})
