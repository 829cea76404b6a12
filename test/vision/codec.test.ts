import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { ArgumentError, FormatError } from '../../src/index.ts'
import { decodeImage, encodePng, fromPlanes, type Image, intoPlanes, withChannels } from '../../src/vision/index.ts'
import { expectError } from '../optim/expect.ts'

/** Pixels of every kind of value, 9 × 7. */
const colours: Image = {
  width: 9,
  height: 7,
  channels: 3,
  data: Uint8Array.from({ length: 189 }, (_, i) => (i * 83) % 256),
}
const raw = { raw: { width: 9, height: 7, channels: 3 } } as const
const picture = () => sharp(colours.data, raw)
/** A larger picture that does not compress, for cutting off. */
const noise = () =>
  sharp(
    Uint8Array.from({ length: 3 * 64 * 64 }, (_, i) => (i * 7919) % 251),
    {
      raw: { width: 64, height: 64, channels: 3 },
    },
  )
const bytesOf = async (image: Sharp): Promise<Uint8Array> => new Uint8Array(await image.toBuffer())
/** 16-bit samples as PNG. */
const deep = (samples: readonly number[], channels: 1 | 2 | 3, width: number) =>
  bytesOf(
    sharp(Uint16Array.from(samples), { raw: { width, height: samples.length / channels / width, channels } })
      .toColourspace(channels === 3 ? 'rgb16' : 'grey16')
      .png(),
  )

describe('an image file', () => {
  test('is read as it is: PNG and lossless WebP to the bit, JPEG nearly', async () => {
    expect(await decodeImage(await bytesOf(picture().png()))).toEqual(colours)
    expect(await decodeImage(await bytesOf(picture().webp({ lossless: true })))).toEqual(colours)
    const flat = { create: { width: 20, height: 10, channels: 3, background: { r: 200, g: 100, b: 50 } } } as const
    const jpeg = await decodeImage(await bytesOf(sharp(flat).jpeg({ quality: 100 })))
    expect([jpeg.width, jpeg.height, jpeg.channels]).toEqual([20, 10, 3])
    for (const [i, x] of jpeg.data.entries()) expect(Math.abs(x - [200, 100, 50][i % 3]!)).toBeLessThanOrEqual(2)
  })

  test('keeps its channels, or gets those asked for', async () => {
    const grey: Image = { width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 7, 200, 255) }
    const png = await encodePng(grey)
    expect(await decodeImage(png)).toEqual(grey)
    expect([...(await decodeImage(png, { channels: 3 })).data]).toEqual([
      0, 0, 0, 7, 7, 7, 200, 200, 200, 255, 255, 255,
    ])
    const jpeg = await bytesOf(
      sharp(grey.data, { raw: { width: 2, height: 2, channels: 1 } })
        .toColourspace('b-w')
        .jpeg(),
    )
    expect((await decodeImage(jpeg)).channels).toBe(1)
    // Luma by BT.601: red 76, green 150, blue 29.
    const primary = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255)
    const three = await bytesOf(sharp(primary, { raw: { width: 3, height: 1, channels: 3 } }).png())
    expect([...(await decodeImage(three, { channels: 1 })).data]).toEqual([76, 150, 29])
  })

  test('with transparent parts is laid on white', async () => {
    const rgba = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 128, 0, 0, 255, 0)
    const transparent = sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } })
    for (const bytes of [
      await bytesOf(transparent.clone().png()),
      await bytesOf(transparent.webp({ lossless: true })),
    ]) {
      expect([...(await decodeImage(bytes)).data]).toEqual([255, 0, 0, 127, 255, 127, 255, 255, 255])
    }
  })

  test('of 16 bits is read as 8, grey, colour and transparent', async () => {
    expect((await sharp(await deep([0, 1], 1, 2)).metadata()).depth).toBe('ushort')
    expect([...(await decodeImage(await deep([0, 1000, 32768, 65535], 1, 2))).data]).toEqual([0, 3, 128, 255])
    const samples = Array.from({ length: 12 }, (_, i) => i * 5461)
    expect([...(await decodeImage(await deep(samples, 3, 2))).data]).toEqual(samples.map(x => x >> 8))
    const transparent = await decodeImage(await deep([0, 65535, 65535, 65535, 0, 0], 2, 3))
    expect([transparent.channels, ...transparent.data]).toEqual([1, 0, 255, 255])
  })

  test('with a palette or in CMYK becomes RGB, one turned by its camera is set upright, an animation is its first picture', async () => {
    const palette = await bytesOf(picture().png({ palette: true, colours: 256 }))
    expect([palette[25], (await decodeImage(palette)).channels]).toEqual([3, 3])
    const flat = { create: { width: 8, height: 8, channels: 3, background: { r: 200, g: 100, b: 50 } } } as const
    const cmyk = await bytesOf(sharp(flat).toColourspace('cmyk').jpeg())
    expect((await sharp(cmyk).metadata()).space).toBe('cmyk')
    const [r, g, b] = (await decodeImage(cmyk)).data
    expect(r! > g! && g! > b!).toBe(true)
    const half = sharp(
      Uint8Array.from({ length: 3 * 32 * 16 }, (_, i) => (Math.floor(i / 3) % 32 < 16 ? 250 : 5)),
      {
        raw: { width: 32, height: 16, channels: 3 },
      },
    )
    const upright = await decodeImage(await bytesOf(half.withMetadata({ orientation: 6 }).jpeg()))
    expect([upright.width, upright.height]).toEqual([16, 32])
    expect(upright.data[0]! > 200 && upright.data.at(-1)! < 50).toBe(true)
    const frames = (['#f00', '#0f0'] as const).map(background => ({
      create: { width: 4, height: 4, channels: 3 as const, background },
    }))
    const moving = await bytesOf(sharp(frames as never, { join: { animated: true } }).webp({ lossless: true }))
    expect([...(await decodeImage(moving)).data.subarray(0, 3)]).toEqual([255, 0, 0])
  })

  test('of any size and kind tells its size before it is unpacked', async () => {
    const encoders = {
      PNG: picture().png(),
      JPEG: picture().jpeg(),
      'JPEG, progressive': picture().jpeg({ progressive: true }),
      'WebP, lossy': picture().webp(),
      'WebP, lossless': picture().webp({ lossless: true }),
      'WebP, extended': picture().ensureAlpha(0.5).webp(),
    }
    for (const [kind, encoder] of Object.entries(encoders)) {
      const format = kind.split(',')[0]
      await expectError(
        async () => decodeImage(await bytesOf(encoder), { name: kind, maxPixels: 62 }),
        FormatError,
        `${kind}: a ${format} of 9 × 7 pixels, more than the 62 that are unpacked. Make it smaller, or pass a larger { maxPixels } if you trust it.`,
      )
      expect((await decodeImage(await bytesOf(encoder), { maxPixels: 63 })).width).toBe(9)
    }
  })
})

describe('an image file is refused by its name', () => {
  const refused = async (bytes: Uint8Array, message: string) =>
    expectError(() => decodeImage(bytes, { name: 'cats/7' }), FormatError, `cats/7: ${message}`)

  test('when it is cut off', async () => {
    const [png, jpeg, webp] = await Promise.all([noise().png(), noise().jpeg(), noise().webp()].map(bytesOf))
    await refused(
      png!.subarray(0, png!.length >> 1),
      'cannot be read as PNG: vipspng: libpng read error. Get the file again.',
    )
    await refused(
      jpeg!.subarray(0, jpeg!.length >> 1),
      'cannot be read as JPEG: VipsJpeg: premature end of JPEG image. Get the file again.',
    )
    await refused(
      webp!.subarray(0, webp!.length >> 1),
      'cannot be read as WebP: Input buffer has corrupt header: webp: unable to parse image. Get the file again.',
    )
    await refused(png!.subarray(0, 20), 'a PNG that ends after 20 bytes, before its size. Get the file again.')
    await refused(jpeg!.subarray(0, 20), 'a JPEG that ends after 20 bytes, before its size. Get the file again.')
    await refused(webp!.subarray(0, 20), 'a WebP that ends after 20 bytes, before its size. Get the file again.')
  })

  test('when it is damaged', async () => {
    const png = await bytesOf(noise().png())
    const damaged = png.slice()
    damaged[200]! ^= 0xff
    await refused(damaged, 'cannot be read as PNG: vipspng: libpng read error. Get the file again.')
    const webp = await bytesOf(noise().webp())
    webp.set(Buffer.from('JUNK'), 12)
    await refused(webp, 'a WebP that begins with the chunk "JUNK". Get the file again.')
  })

  test('at every length that it can be cut to', async () => {
    for (const bytes of await Promise.all([picture().png(), picture().jpeg(), picture().webp()].map(bytesOf))) {
      // A PNG without its last chunk, and a JPEG or WebP without its last bytes, may still be whole.
      for (let length = 0; length < bytes.length - 24; length += 7) {
        await expect(decodeImage(bytes.subarray(0, length), { name: 'x' })).rejects.toThrow(FormatError)
      }
    }
  })

  test('or read, whatever byte of it is changed', async () => {
    let failures = 0
    for (const bytes of await Promise.all([picture().png(), picture().jpeg(), picture().webp()].map(bytesOf))) {
      for (let at = 0; at < bytes.length; at += 5) {
        const changed = bytes.slice()
        changed[at]! ^= 1 << (at % 8)
        const outcome = await decodeImage(changed, { name: 'x' }).catch((error: unknown) => error)
        if (outcome instanceof FormatError) failures++
        else expect((outcome as Image).data.length).toBeGreaterThan(0)
      }
    }
    expect(failures).toBeGreaterThan(20)
  })

  test('when it claims more pixels than are unpacked: a bomb of a few bytes', async () => {
    const png = await bytesOf(picture().png())
    new DataView(png.buffer, png.byteOffset).setUint32(16, 100_000)
    new DataView(png.buffer, png.byteOffset).setUint32(20, 100_000)
    await refused(
      png,
      'a PNG of 100000 × 100000 pixels, more than the 67108864 that are unpacked. Make it smaller, or pass a larger { maxPixels } if you trust it.',
    )
  })

  test('when it is something else', async () => {
    await refused(new Uint8Array(), 'not a PNG, JPEG or WebP image: it is empty. Convert it to one of these.')
    await refused(
      new TextEncoder().encode('<svg/>'),
      'not a PNG, JPEG or WebP image: it begins with the bytes [60, 115, 118, 103]. Convert it to one of these.',
    )
    const gif = await bytesOf(picture().gif())
    await refused(
      gif,
      'not a PNG, JPEG or WebP image: it begins with the bytes [71, 73, 70, 56]. Convert it to one of these.',
    )
  })
})

describe('an image', () => {
  test('is written as PNG without loss', async () => {
    expect(await decodeImage(await encodePng(colours))).toEqual(colours)
  })

  test('goes to planes from 0 to 1 and back, cut off outside', () => {
    const planes = new Float32Array(189)
    intoPlanes(colours, planes)
    expect(planes[63 + 10]).toBeCloseTo(colours.data[3 * 10 + 1]! / 255, 6)
    expect(fromPlanes(planes, [3, 7, 9])).toEqual(colours)
    expect([...fromPlanes([-1, 0.5, 2], [1, 1, 3]).data]).toEqual([0, 128, 255])
    expect(withChannels(colours, 3)).toBe(colours)
  })

  test.each([
    [
      () => decodeImage(new Uint8Array(), { channels: 2 as never }),
      ArgumentError,
      'decodeImage: channels must be 1 (grey) or 3 (colour); got 2.',
    ],
    [
      () => encodePng({ ...colours, width: 8 }),
      FormatError,
      'encodePng: 189 values do not fill 8 × 7 pixels of 3. That takes 168, at least 1.',
    ],
    [
      () => encodePng({ width: 0, height: 0, channels: 1, data: new Uint8Array() }),
      FormatError,
      'encodePng: 0 values do not fill 0 × 0 pixels of 1. That takes 0, at least 1.',
    ],
  ] as const)('that cannot be is refused: %s', (action, kind, message) => expectError(action, kind, message))
})
