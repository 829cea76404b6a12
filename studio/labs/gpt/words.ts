/** A text as it is shown: what cannot be seen gets a sign. */
export const visible = (text: string): string => text.replaceAll('\n', '⏎').replaceAll('\t', '⇥')

/** A token alone, where a space would not be seen either. */
export const token = (text: string): string => visible(text).replaceAll(' ', '␣')
