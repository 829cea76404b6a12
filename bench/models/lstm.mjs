import { fromArray, scan, stack } from 'gradus'
import * as nn from 'gradus/nn'

/** A layer of LSTM over `[T, B, inFeatures]`, from a state of zeros. Source: Hochreiter & Schmidhuber 1997; gates and names as PyTorch's. */
class Lstm extends nn.Module {
  constructor(inFeatures, hidden, { unroll }) {
    super()
    const parameter = (...shape) => new nn.Parameter(shape, nn.constantInit(0))
    this.weight_ih = parameter(4 * hidden, inFeatures)
    this.weight_hh = parameter(4 * hidden, hidden)
    this.bias_ih = parameter(4 * hidden)
    this.bias_hh = parameter(4 * hidden)
    this.hidden = hidden
    this.unroll = unroll
  }
  forward(x) {
    const [T, B] = x.shape
    const recurrent = this.weight_hh.value.transpose()
    const inputs = x.matmul(this.weight_ih.value.transpose()).add(this.bias_ih.value.add(this.bias_hh.value)) // all steps at once
    const zero = fromArray(new Float32Array(B * this.hidden), [B, this.hidden], 'float32')
    const cell = ({ h, c }, given) => {
      const [i, f, g, o] = given.add(h.matmul(recurrent)).split(4, 1)
      const next = f.sigmoid().mul(c).add(i.sigmoid().mul(g.tanh()))
      const out = o.sigmoid().mul(next.tanh())
      return [{ h: out, c: next }, out]
    }
    if (!this.unroll) return scan(cell, { h: zero, c: zero }, inputs)[1]
    let state = { h: zero, c: zero }
    const outputs = []
    for (let t = 0; t < T; t++) {
      state = cell(state, inputs.slice(t))[0]
      outputs.push(state.h)
    }
    return stack(outputs, 0)
  }
}

/** A language model of LSTM layers as wide as the embedding; ids `[T, B]` → logits `[T, B, V]`. Source: Zaremba et al. 2014, without dropout. */
export class LstmLanguageModel extends nn.Module {
  constructor({ vocabulary, width, layers }, options) {
    super()
    this.embedding = nn.embedding(vocabulary, width)
    this.layers = Array.from({ length: layers }, () => new Lstm(width, width, options))
    this.head = nn.linear(width, vocabulary)
  }
  forward(ids) {
    let x = this.embedding.forward(ids)
    for (const layer of this.layers) x = layer.forward(x)
    return this.head.forward(x)
  }
}
