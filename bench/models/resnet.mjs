import * as nn from 'gradus/nn'

const conv3x3 = (from, to, stride) => nn.conv2d(from, to, 3, { stride, padding: 1, bias: false })

/** Two convolutions whose result is added to what came in; a shortcut of 1 × 1 where the shape changes. */
class BasicBlock extends nn.Module {
  constructor(from, to, stride) {
    super()
    this.conv1 = conv3x3(from, to, stride)
    this.bn1 = nn.batchNorm2d(to)
    this.conv2 = conv3x3(to, to, 1)
    this.bn2 = nn.batchNorm2d(to)
    const changes = stride !== 1 || from !== to
    this.downsample = changes
      ? nn.sequential(nn.conv2d(from, to, 1, { stride, bias: false }), nn.batchNorm2d(to))
      : null
  }
  forward(x) {
    const y = this.bn1.forward(this.conv1.forward(x)).relu()
    const shortcut = this.downsample ? this.downsample.forward(x) : x
    return this.bn2.forward(this.conv2.forward(y)).add(shortcut).relu()
  }
}

/**
 * ResNet-18 for images of 32 × 32: a stem of 3 × 3 without pooling, 11,173,962 parameters. Source: He et al. 2016, table 1, with the stem of
 * section 4.2; names as torchvision's.
 */
export class ResNet18 extends nn.Module {
  constructor(classes = 10) {
    super()
    this.conv1 = conv3x3(3, 64, 1)
    this.bn1 = nn.batchNorm2d(64)
    const stage = (from, to, stride) => [new BasicBlock(from, to, stride), new BasicBlock(to, to, 1)]
    this.layer1 = stage(64, 64, 1)
    this.layer2 = stage(64, 128, 2)
    this.layer3 = stage(128, 256, 2)
    this.layer4 = stage(256, 512, 2)
    this.fc = nn.linear(512, classes)
  }
  forward(x) {
    let y = this.bn1.forward(this.conv1.forward(x)).relu()
    for (const block of [...this.layer1, ...this.layer2, ...this.layer3, ...this.layer4]) y = block.forward(y)
    return this.fc.forward(y.mean([2, 3]))
  }
}
