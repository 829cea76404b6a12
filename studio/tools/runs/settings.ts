/** A row of the table: a setting, and what it is in each run. */
export interface Row {
  readonly key: string
  /** As JSON; null where a run has no such setting. */
  readonly values: readonly (string | null)[]
  readonly differs: boolean
}

/** Settings by dotted keys: `model.layers`. */
const flat = (settings: unknown, before = ''): [key: string, value: string][] =>
  typeof settings === 'object' && settings !== null && !Array.isArray(settings)
    ? Object.entries(settings).flatMap(([key, value]) => flat(value, before === '' ? key : `${before}.${key}`))
    : [[before || 'value', typeof settings === 'string' ? settings : JSON.stringify(settings)]]

/** All settings of some runs beside each other, in the order in which they come. */
export const compareSettings = (runs: readonly unknown[]): Row[] => {
  const maps = runs.map(settings => new Map(settings === null || settings === undefined ? [] : flat(settings)))
  const keys = [...new Set(maps.flatMap(map => [...map.keys()]))]
  return keys.map(key => {
    const values = maps.map(map => map.get(key) ?? null)
    return { key, values, differs: new Set(values).size > 1 }
  })
}
