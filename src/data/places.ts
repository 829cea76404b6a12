import { homedir, join, resolve } from '#files'

/** Where a data set of images is looked for, best first; the last is where downloads go. */
export const usualPlaces = (name: string): string[] => {
  const { GRADUS_DATA } = globalThis.process?.env ?? {}
  return [
    ...(GRADUS_DATA ? [join(GRADUS_DATA, 'images', name)] : []),
    resolve('..', 'shared', 'data', 'images', name),
    join(homedir(), '.cache', 'gradus', name),
  ]
}
