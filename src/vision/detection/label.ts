import type { Image } from '../image.ts'

export type Colour = readonly [red: number, green: number, blue: number]

/** Capitals and figures of 3 × 5 dots: the rows from the top, each digit three dots. */
const glyphs: Readonly<Record<string, string>> = Object.fromEntries(
  [
    'A25755 B65656 C34443 D65556 E74647 F74644 G34553 H55755 I72227 J11152 K55655 L44447 M57755 N65555 O25552',
    'P65644 Q25563 R65655 S34216 T72222 U55557 V55552 W55775 X55255 Y55222 Z71247 075557 126227 271747 371717',
    '455711 574717 674757 771122 875757 975717 .00002 -00700 %51245 _00007 :02020 ?71202',
  ]
    .flatMap(line => line.split(' '))
    .map(glyph => [glyph[0]!, glyph.slice(1)]),
)
const glyphOf = (letter: string): string => (letter === ' ' ? '00000' : (glyphs[letter] ?? glyphs['?']!))

/** Fills a rectangle, as far as it lies within the image. The corners are whole pixels, the second one outside. */
export const fillRectangle = (
  { width, height, data }: Image,
  [x1, y1, x2, y2]: readonly [number, number, number, number],
  colour: Colour,
): void => {
  for (let y = Math.max(0, y1); y < Math.min(height, y2); y++) {
    for (let x = Math.max(0, x1); x < Math.min(width, x2); x++) data.set(colour, 3 * (y * width + x))
  }
}

/** Width and height of a text in dots, with one dot around. */
export const labelSize = (text: string): readonly [width: number, height: number] => [4 * text.length + 1, 7]

/**
 * Writes a text in capitals on a ground of a colour, black or white, whichever is easier to read. Letters other than A to Z become `?`.
 *
 * @param dot pixels of a dot
 */
export const drawLabel = (
  image: Image,
  text: string,
  { x, y, dot, ground }: { readonly x: number; readonly y: number; readonly dot: number; readonly ground: Colour },
): void => {
  const [width, height] = labelSize(text)
  fillRectangle(image, [x, y, x + width * dot, y + height * dot], ground)
  const [r, g, b] = ground
  const ink: Colour = 0.299 * r + 0.587 * g + 0.114 * b > 125 ? [0, 0, 0] : [255, 255, 255]
  for (const [i, letter] of [...text.toUpperCase()].entries()) {
    for (const [row, dots] of [...glyphOf(letter)].entries()) {
      for (let column = 0; column < 3; column++) {
        if (((Number(dots) >> (2 - column)) & 1) === 0) continue
        const [left, top] = [x + dot * (1 + 4 * i + column), y + dot * (1 + row)]
        fillRectangle(image, [left, top, left + dot, top + dot], ink)
      }
    }
  }
}
