import { deflateSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { fromArray, setEngine } from '../../src/index.ts'
import { importOnnx } from '../../src/io/index.ts'
import { decodeImage } from '../../src/io/onnx/image-formats.ts'
import { buildModel } from './onnx-models.ts'

const any = (): void => {}
const uint32 = (n: number): number[] => [n >>> 24, (n >>> 16) & 255, (n >>> 8) & 255, n & 255]
/** A PNG file; nobody checks the sums behind its chunks. */
const png = (
  width: number,
  height: number,
  depth: number,
  type: number,
  rows: number[],
  palette: number[] = [],
): Uint8Array => {
  const chunk = (name: string, data: Iterable<number>): number[] => {
    const list = [...data]
    return [...uint32(list.length), ...[...name].map(c => c.charCodeAt(0)), ...list, 0, 0, 0, 0]
  }
  return Uint8Array.from([
    ...[0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a],
    ...chunk('IHDR', [...uint32(width), ...uint32(height), depth, type, 0, 0, 0]),
    ...(palette.length > 0 ? chunk('PLTE', palette) : []),
    ...chunk('IDAT', deflateSync(Uint8Array.from(rows))),
    ...chunk('IEND', []),
  ])
}

describe('encoded images', () => {
  test('a PNG of colours, whose rows are filtered in every way', () => {
    const plain = [10, 20, 30, 40, 50, 60]
    const rows = [
      [0, ...plain],
      [1, 10, 20, 30, 30, 30, 30],
      [2, 0, 0, 0, 0, 0, 0],
      [3, 5, 10, 15, 15, 15, 15],
      [4, 0, 0, 0, 0, 0, 0],
    ]
    const { width, height, rgb } = decodeImage(png(2, 5, 8, 2, rows.flat()), any)
    expect([width, height]).toEqual([2, 5])
    expect([...rgb]).toEqual([...plain, ...plain, ...plain, ...plain, ...plain])
  })
  test('a PNG of greys below a byte, and one with a palette', () => {
    expect([...decodeImage(png(3, 1, 2, 0, [0, 0b00_01_11_00]), any).rgb]).toEqual([0, 0, 0, 85, 85, 85, 255, 255, 255])
    expect([...decodeImage(png(2, 1, 1, 3, [0, 0b01_000000], [1, 2, 3, 7, 8, 9]), any).rgb]).toEqual([1, 2, 3, 7, 8, 9])
  })
  test('a BMP, whose rows go upwards and are filled up to four bytes', () => {
    const file = new Uint8Array(54 + 16)
    const view = new DataView(file.buffer)
    file.set([0x42, 0x4d])
    view.setUint32(10, 54, true)
    view.setInt32(18, 2, true)
    view.setInt32(22, 2, true)
    view.setUint16(28, 24, true)
    file.set([1, 2, 3, 4, 5, 6, 0, 0, 7, 8, 9, 10, 11, 12, 0, 0], 54)
    expect([...decodeImage(file, any).rgb]).toEqual([9, 8, 7, 12, 11, 10, 3, 2, 1, 6, 5, 4])
  })
  test('a PNM with a remark', () => {
    const head = [...'P6\n# made by hand\n1 1\n255\n'].map(c => c.charCodeAt(0))
    expect([...decodeImage(Uint8Array.from([...head, 4, 5, 6]), any).rgb]).toEqual([4, 5, 6])
  })
  test('are decoded by the operator in the order that it asks for', async () => {
    setEngine('reference')
    const file = png(1, 1, 8, 2, [0, 200, 100, 50])
    const as = async (pixel_format: string) => {
      const model = importOnnx(
        buildModel({
          inputs: [{ name: 'x', type: 'uint8', shape: ['n'] }],
          outputs: ['y'],
          nodes: [{ op: 'ImageDecoder', inputs: ['x'], outputs: ['y'], attributes: { pixel_format } }],
        }),
      )
      return model.run([fromArray(file, [file.length], 'uint8')]).y!.toArray()
    }
    expect(await as('RGB')).toEqual([[[200, 100, 50]]])
    expect(await as('BGR')).toEqual([[[50, 100, 200]]])
    expect(await as('Grayscale')).toEqual([[[124]]])
  })
  test('that are damaged, too large or of another format are refused', () => {
    const readable = 'Readable are PNG without interlacing, BMP without compression, and PNM.'
    const refused = (bytes: Uint8Array, what: string): void =>
      expect(() => decodeImage(bytes, any)).toThrow(`importOnnx: an encoded image ${what}. ${readable}`)
    refused(Uint8Array.from([0xff, 0xd8, 0xff, 0xe0]), 'begins with "ÿØÿà"')
    refused(png(1, 1, 16, 2, [0]), 'is a PNG of colour type 2, depth 16, interlacing 0')
    refused(png(2, 2, 8, 2, [0, 1]), 'holds 2 bytes of pixels, where 14 were expected')
    refused(png(1, 1, 8, 0, [9, 1]), 'has a row with filter 9')
    refused(png(1, 1, 8, 0, [0, 1]).slice(0, 50), 'has a chunk "IDAT" of 10 bytes, more than follow')
    refused(png(0, 1, 8, 0, [0]), 'has the size 0 × 1')
    let claimed = 0
    const tooMuch = (bytes: number): never => {
      claimed = bytes
      throw new Error('too large')
    }
    expect(() => decodeImage(png(60_000, 60_000, 8, 2, [0]), tooMuch)).toThrow('too large')
    expect(claimed).toBe(3 * 60_000 ** 2)
  })
})
