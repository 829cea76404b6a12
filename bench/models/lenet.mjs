import * as nn from 'gradus/nn'

/** LeNet-5 with average pooling and tanh, 61,706 parameters. Source: LeCun et al. 1998, figure 2, with dense connections in C3. */
export const lenet = () =>
  nn.sequential(
    nn.conv2d(1, 6, 5, { padding: 2 }),
    nn.tanh(),
    nn.averagePool2d(2),
    nn.conv2d(6, 16, 5),
    nn.tanh(),
    nn.averagePool2d(2),
    nn.flatten(),
    nn.linear(400, 120),
    nn.tanh(),
    nn.linear(120, 84),
    nn.tanh(),
    nn.linear(84, 10),
  )
