/** A value from a JSON file, for a message: on one line, and not without end. */
export const quote = (value: unknown): string => {
  try {
    const text = JSON.stringify(value) ?? 'nothing'
    return text.length > 100 ? `${text.slice(0, 100)}…` : text
  } catch {
    return `${typeof value} of great depth` // the stack of JSON.stringify is smaller than that of JSON.parse
  }
}

/** Whether a value from a JSON file is an object, not a list. */
export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
