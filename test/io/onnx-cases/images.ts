import { type Case, f, F, floats, ints, one, scalar } from './case.ts'

export const resizes: readonly Case[] = [
  ...(['half_pixel', 'pytorch_half_pixel', 'asymmetric', 'align_corners'] as const).flatMap(transform =>
    (['nearest', 'linear', 'cubic'] as const).flatMap(mode => [
      one(
        'Resize',
        `${mode}, ${transform}, larger`,
        [f(1, 1, 3, 4), null, null, ints(1, 1, 7, 9)],
        { mode, coordinate_transformation_mode: transform },
        { opset: 19 },
      ),
      one(
        'Resize',
        `${mode}, ${transform}, smaller`,
        [f(1, 1, 6, 8), null, null, ints(1, 1, 4, 3)],
        { mode, coordinate_transformation_mode: transform },
        { opset: 19 },
      ),
    ]),
  ),
  ...(['floor', 'ceil', 'round_prefer_floor', 'round_prefer_ceil'] as const).map(nearest_mode =>
    one(
      'Resize',
      `nearest by ${nearest_mode}`,
      [f(1, 1, 4, 5), null, floats(1, 1, 1.5, 2.5)],
      { mode: 'nearest', nearest_mode },
      { opset: 13 },
    ),
  ),
  one(
    'Resize',
    'antialias, linear',
    [f(1, 1, 9, 8), null, null, ints(1, 1, 4, 3)],
    { mode: 'linear', antialias: 1 },
    { opset: 18 },
  ),
  one(
    'Resize',
    'antialias, cubic',
    [f(1, 1, 9, 8), null, null, ints(1, 1, 4, 3)],
    { mode: 'cubic', antialias: 1, cubic_coeff_a: F(-0.5) },
    { opset: 18 },
  ),
  one(
    'Resize',
    'cubic without what is outside',
    [f(1, 1, 4, 5), null, floats(1, 1, 0.8, 1.7)],
    { mode: 'cubic', exclude_outside: 1 },
    { opset: 13 },
  ),
  one(
    'Resize',
    'linear on three axes',
    [f(1, 1, 3, 4, 2), null, null, ints(1, 1, 4, 6, 3)],
    { mode: 'linear' },
    { opset: 13 },
  ),
  one(
    'Resize',
    'not larger',
    [f(1, 1, 4, 6), null, null, ints(7, 8)],
    { mode: 'linear', axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' },
    { opset: 18 },
  ),
  one(
    'Resize',
    'not smaller',
    [f(1, 1, 4, 6), null, null, ints(7, 8)],
    { mode: 'nearest', axes: [2, 3], keep_aspect_ratio_policy: 'not_smaller' },
    { opset: 18 },
  ),
  one('Upsample', 'nearest', [f(1, 2, 3, 3), floats(1, 1, 2, 3)], { mode: 'nearest' }, { opset: 9 }),
  one(
    'Upsample',
    'linear, scales as an attribute',
    [f(1, 2, 3, 3)],
    { mode: 'linear', scales: { floats: [1, 1, 2, 3] } },
    { opset: 7 },
  ),
  ...(['zeros', 'border', 'reflection'] as const).flatMap(padding_mode =>
    (['linear', 'nearest', 'cubic'] as const).flatMap(mode =>
      [0, 1].map(align_corners =>
        one(
          'GridSample',
          `${mode}, ${padding_mode}, corners ${align_corners}`,
          [f(2, 2, 4, 5), { shape: [2, 3, 4, 2], range: [-1.4, 1.4] }],
          { mode, padding_mode, align_corners },
          { opset: 20 },
        ),
      ),
    ),
  ),
  one(
    'GridSample',
    'a volume',
    [f(1, 2, 3, 4, 3), { shape: [1, 2, 2, 3, 3], range: [-1.1, 1.1] }],
    { mode: 'linear' },
    { opset: 20 },
  ),
  one('AffineGrid', 'a volume', [f(2, 3, 4), ints(2, 1, 2, 3, 2)], { align_corners: 1 }, { opset: 20 }),
  ...(['constant', 'reflect', 'edge', 'wrap'] as const).map(mode =>
    one('Pad', mode, [f(3, 4), ints(1, 2, 0, 3)], { mode }, { opset: 19 }),
  ),
  one(
    'Pad',
    'a value, axes and negative pads',
    [f(3, 4, 2), ints(-1, 2, 1, -1), scalar(7.5, 'float32'), ints(1, -1)],
    {},
    { opset: 19 },
  ),
  one('Pad', 'attributes of before', [f(3, 4)], { pads: [1, 0, 0, 2], value: F(-3) }, { opset: 2 }),
]
