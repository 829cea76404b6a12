import { ArgumentError, DTypeError, fft, ShapeError } from '../../../src/index.ts'
import { d, f, group, i, type Pinned } from './rows.ts'

const mel = { frameLength: 4, sampleRate: 8000, numMels: 2 }

export const pinned: Pinned[] = [
  ...group(ShapeError, [
    [
      () => fft.fft(f(4, 3)),
      'fft: x is [4, 3]. Expected complex numbers [..., n, 2]: the last axis holds real and imaginary parts.',
    ],
    [
      () => fft.irfft(f(2)),
      'irfft: x is [2]. Expected complex numbers [..., n, 2]: the last axis holds real and imaginary parts.',
    ],
    [
      () => fft.powerSpectrum(f(4, 3)),
      'powerSpectrum: x is [4, 3]. Expected complex numbers [..., 2]: real and imaginary parts.',
    ],
    [() => fft.stft(f(), { frameLength: 4 }), 'stft: x is a scalar. Expected a signal [..., T].'],
    [
      () => fft.stft(f(20), { frameLength: 4, window: f(3) }),
      'stft: the window is [3]. It must be [4], as long as a frame.',
    ],
    [
      () => fft.stft(f(2), { frameLength: 4 }),
      "stft: 2 samples are too few to mirror half a frame, 2. Use a shorter frame, padMode 'zeros' or center false.",
    ],
    [
      () => fft.stft(f(3), { frameLength: 4, center: false }),
      'stft: 3 samples are fewer than the 4 of one frame. Use a shorter frame, or pad the signal.',
    ],
    [() => fft.istft(f(5, 4, 2), { frameLength: 4 }), 'istft: y is [5, 4, 2]. Expected [..., frames, 3, 2].'],
  ]),
  ...group(ArgumentError, [
    [() => fft.fft(f(4, 2), { n: 0 }), 'fft: n must be a whole number of at least 1; got 0.'],
    [() => fft.rfft(f(4), { axis: 1 }), 'rfft: axis 1 does not exist in a tensor of 1 axes. Allowed: -1 to 0.'],
    [
      () => fft.fft(f(4, 2), { norm: 'both' as 'ortho' }),
      "fft: norm must be 'backward', 'ortho' or 'forward'; got both.",
    ],
    [
      () => fft.fftn(f(4, 4, 2), { sizes: [2], axes: [0, 1] }),
      'fftn: sizes are [2] for the axes [0, 1]. Pass one size for each axis.',
    ],
    [() => fft.fftn(f(4, 4, 2), { axes: [0, 0] }), 'fftn: axis 0 is named twice. Name each axis once.'],
    [() => fft.fftFrequencies(0), 'fftFrequencies: n must be a whole number of at least 1; got 0.'],
    [() => fft.rfftFrequencies(4, { spacing: 0 }), 'rfftFrequencies: spacing must be a number above 0; got 0.'],
    [() => fft.stft(f(9), { frameLength: 0 }), 'stft: frameLength must be a whole number of at least 1; got 0.'],
    [
      () => fft.stft(f(9), { frameLength: 4, hopLength: 0.5 }),
      'stft: hopLength must be a whole number of at least 1; got 0.5.',
    ],
    [
      () => fft.stft(f(9), { frameLength: 4, padMode: 'wrap' as 'zeros' }),
      "stft: padMode must be 'reflect' or 'zeros'; got wrap.",
    ],
    [
      () => fft.istft(f(5, 3, 2), { frameLength: 4, length: 0 }),
      'istft: length must be a whole number of at least 1; got 0.',
    ],
    [
      () => fft.window('triangle' as 'hann', 4),
      'window: the name must be one of rectangular, hann, hamming, blackman, bartlett, kaiser; got triangle.',
    ],
    [() => fft.window('hann', 0), 'window: length must be a whole number of at least 1; got 0.'],
    [() => fft.window('kaiser', 4, { beta: -1 }), 'window: beta must be a number from 0 to 700; got -1.'],
    [
      () => fft.melFilterbank(4, { sampleRate: 8000, numMels: 0 }),
      'melFilterbank: numMels must be a whole number of at least 1; got 0.',
    ],
    [() => fft.melFilterbank(4, { sampleRate: 0 }), 'melFilterbank: sampleRate must be a number above 0; got 0.'],
    [
      () => fft.melFilterbank(4, { sampleRate: 8000, maxFrequency: 5000 }),
      'melFilterbank: frequencies run from 0 to 5000 Hz. They must ascend and lie between 0 and 4000, half of the sample rate.',
    ],
    [
      () => fft.melFilterbank(4, { sampleRate: 8000, melScale: 'bark' as 'htk' }),
      "melFilterbank: melScale must be 'slaney' or 'htk'; got bark.",
    ],
    [
      () => fft.melFilterbank(4, { sampleRate: 8000, normalization: 'l2' as 'none' }),
      "melFilterbank: normalization must be 'area' or 'none'; got l2.",
    ],
    [
      () => fft.melFilterbank(0, { sampleRate: 8000 }),
      'melFilterbank: fftLength must be a whole number of at least 1; got 0.',
    ],
    [() => fft.melSpectrogram(f(9), { ...mel, power: 3 as 1 }), 'melSpectrogram: power must be 1 or 2; got 3.'],
  ]),
  ...group(DTypeError, [
    [() => fft.rfft(i(4)), "rfft: takes floats; got int32. Convert with x.to('float32')."],
    [
      () => fft.stft(f(9), { frameLength: 4, window: d(4) }),
      "stft: x and the window: dtypes differ: float32 and float64. Convert one of them, such as b.to('float32').",
    ],
  ]),
]
