import type { Field } from '../core/options.ts'

const kebab = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter, at) => `${at === 0 ? '' : '-'}${letter.toLowerCase()}`)

/** `model.numLayers` on the command line: `model.num-layers`. */
export const longName = (field: Field): string => field.path.map(kebab).join('.')

/** Every long name: the option's own, then its aliases, which stand in the same group. */
export const longNames = (field: Field): string[] => {
  const group = field.path.slice(0, -1).map(name => `${kebab(name)}.`)
  return [longName(field), ...field.rule.aliases.map(alias => group.join('') + alias)]
}

/** `model.numLayers` in the environment: `GRADUS_MODEL_NUM_LAYERS`. */
export const environmentName = (field: Field): string =>
  `GRADUS_${field.path.map(name => kebab(name).replaceAll('-', '_').toUpperCase()).join('_')}`
