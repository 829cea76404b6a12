export { fromPlanes, type Image, intoPlanes, withChannels } from '../data/image.ts'
