// Written by tools/lane-coefficients.py: coefficients of polynomials, the highest power first.

/** erf(x)/x − 1 in x², |x| up to 1; error at most 1e-09. */
export const erfNear: readonly number[] = [
  7.88911953276e-5, -0.000802084127998, 0.00518953533936, -0.0268544445919, 0.112836001763, -0.37612627136,
  0.128379165914,
]

/** ln erfc(x), x from 1 to 4, as erfc itself; error at most 2e-09. */
export const erfTail: readonly number[] = [
  0.000197182622283, -0.00305561569661, 0.0222771170514, -0.104037417027, -0.637059692746, -1.12774959559,
  -0.000177487244304,
]
