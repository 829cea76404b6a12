export { type DecodeOptions, decodeImage, encodePng } from '../data/codec.ts'
