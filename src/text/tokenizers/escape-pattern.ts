/** A text as a pattern that matches it, with the flag `u` or without. */
export const escapePattern = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
