import type { Image } from './image.ts'

// The names of `codec-node.ts` in a browser, over its own decoder.

interface Colours {
  readonly width: number
  readonly height: number
  readonly data: Uint8Array
}

const canvas = (width: number, height: number) => {
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true })
  if (!context) throw new Error('this browser gives no 2d canvas')
  return context
}

export const decodePixels = async (bytes: Uint8Array, type: string, _maxPixels: number): Promise<Colours> => {
  const bitmap = await createImageBitmap(new Blob([bytes as BlobPart], { type }))
  const { width, height } = bitmap
  const context = canvas(width, height)
  context.fillStyle = '#fff'
  context.fillRect(0, 0, width, height)
  context.drawImage(bitmap, 0, 0)
  bitmap.close()
  const rgba = context.getImageData(0, 0, width, height).data
  const data = new Uint8Array(3 * width * height)
  for (let i = 0; i < width * height; i++) data.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i)
  return { width, height, data }
}

export const encodePixels = async ({ width, height, channels, data }: Image): Promise<Uint8Array> => {
  const rgba = new Uint8ClampedArray(4 * width * height).fill(255)
  for (let i = 0; i < width * height; i++) {
    for (let c = 0; c < 3; c++) rgba[4 * i + c] = data[i * channels + (channels === 1 ? 0 : c)]!
  }
  const context = canvas(width, height)
  context.putImageData(new ImageData(rgba, width, height), 0, 0)
  return new Uint8Array(await (await context.canvas.convertToBlob({ type: 'image/png' })).arrayBuffer())
}
