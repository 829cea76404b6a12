const half = /\p{Cs}/gu

/** A text with U+FFFD in place of halves of surrogate pairs, which UTF-8 cannot hold. */
export const wellFormed = (text: string): string => text.replace(half, '\ufffd')
