import type { Command } from './command.ts'
import { trainPairsCommand } from './train-pairs.ts'

export const trainSeq2SeqCommand: Command = trainPairsCommand('seq2seq', {
  summary: 'train a recurrent encoder-decoder with attention on pairs of texts',
  examples: [
    'gradus train seq2seq --data eng-fra.txt --out runs/french',
    'gradus train seq2seq --task reverse --min-length 5 --max-length 15',
    'gradus train seq2seq --data pairs.tsv --tokenizer char --attention general --cell lstm --layers 2',
    'gradus train seq2seq --config runs/french/train.json --out runs/french --resume',
  ],
})
