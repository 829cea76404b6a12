import type { Size } from './box.ts'
import { eye } from './camera.ts'

/** What is drawn of all points. */
export interface PointsFrame {
  readonly matrix: Float32Array
  readonly dimensions: 2 | 3
  /** Diameter of a point, CSS pixels. */
  readonly diameter: number
  /** What distant points fade to, 0 to 1 each. */
  readonly fog: readonly [number, number, number]
  readonly alpha: number
}

export interface PointsGl {
  /** The picture, to be drawn on another. */
  readonly canvas: OffscreenCanvas
  /** Takes positions and four bytes of colour a point over to the graphics card. */
  readonly upload: (positions: Float32Array, dimensions: 2 | 3, colours: Uint8Array) => void
  /** Null while the context is lost. */
  readonly draw: (size: Size, ratio: number, frame: PointsFrame) => OffscreenCanvas | null
  readonly stop: () => void
}

const vertexSource = `#version 300 es
uniform mat4 matrix;
uniform float diameter;
uniform bool deep;
in vec3 position;
in vec4 colour;
out vec4 tint;
out float size;
out float depth;
void main() {
  gl_Position = matrix * vec4(position, 1.0);
  // Nearer points are larger; at the middle's distance they have the size asked for.
  size = max(1.5, deep ? diameter * ${eye.toFixed(1)} / gl_Position.w : diameter);
  gl_PointSize = size + 1.0;
  depth = deep ? clamp((gl_Position.w - ${(eye - 1).toFixed(1)}) / 2.0, 0.0, 1.0) : 0.0;
  tint = colour;
}`

const fragmentSource = `#version 300 es
precision highp float;
uniform vec3 fog;
uniform float alpha;
in vec4 tint;
in float size;
in float depth;
out vec4 seen;
void main() {
  float away = length(gl_PointCoord - 0.5) * (size + 1.0);
  // The edge fades over one pixel.
  float cover = clamp(size / 2.0 + 0.5 - away, 0.0, 1.0);
  if (cover <= 0.0) discard;
  float opacity = cover * tint.a * alpha;
  seen = vec4(mix(tint.rgb, fog, depth * 0.65) * opacity, opacity);
}`

const compile = (gl: WebGL2RenderingContext): WebGLProgram => {
  const program = gl.createProgram()
  for (const [type, source] of [
    [gl.VERTEX_SHADER, vertexSource],
    [gl.FRAGMENT_SHADER, fragmentSource],
  ] as const) {
    const shader = gl.createShader(type)!
    gl.shaderSource(shader, source)
    gl.compileShader(shader)
    gl.attachShader(program, shader)
  }
  gl.bindAttribLocation(program, 0, 'position')
  gl.bindAttribLocation(program, 1, 'colour')
  gl.linkProgram(program)
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost())
    throw new Error(`points: ${gl.getProgramInfoLog(program) ?? 'the shader does not link'}`)
  return program
}

/**
 * Points on the graphics card, drawn off the page; null where there is no WebGL2. `restored` is called when a lost context is back and the picture
 * has to be drawn again.
 */
export const pointsGl = (restored: () => void): PointsGl | null => {
  if (typeof OffscreenCanvas === 'undefined') return null
  const canvas = new OffscreenCanvas(1, 1)
  const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true, preserveDrawingBuffer: true })
  if (!gl) return null
  let program = compile(gl)
  let buffers: readonly [WebGLBuffer, WebGLBuffer] = [gl.createBuffer(), gl.createBuffer()]
  let held: { positions: Float32Array; dimensions: 2 | 3; colours: Uint8Array } | null = null
  const upload: PointsGl['upload'] = (positions, dimensions, colours) => {
    held = { positions, dimensions, colours }
    gl.bindBuffer(gl.ARRAY_BUFFER, buffers[0])
    gl.bufferData(gl.ARRAY_BUFFER, positions, gl.DYNAMIC_DRAW)
    gl.enableVertexAttribArray(0)
    gl.vertexAttribPointer(0, dimensions, gl.FLOAT, false, 0, 0)
    gl.bindBuffer(gl.ARRAY_BUFFER, buffers[1])
    gl.bufferData(gl.ARRAY_BUFFER, colours, gl.DYNAMIC_DRAW)
    gl.enableVertexAttribArray(1)
    gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, true, 0, 0)
  }
  const lost = (event: Event): void => event.preventDefault()
  const back = (): void => {
    program = compile(gl)
    buffers = [gl.createBuffer(), gl.createBuffer()]
    if (held) upload(held.positions, held.dimensions, held.colours)
    restored()
  }
  canvas.addEventListener('webglcontextlost', lost)
  canvas.addEventListener('webglcontextrestored', back)
  const draw: PointsGl['draw'] = ({ width, height }, ratio, frame) => {
    if (gl.isContextLost() || !held) return null
    const [wide, high] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))]
    if (canvas.width !== wide) canvas.width = wide
    if (canvas.height !== high) canvas.height = high
    const uniform = (name: string) => gl.getUniformLocation(program, name)
    gl.viewport(0, 0, wide, high)
    gl.clearColor(0, 0, 0, 0)
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT)
    gl.useProgram(program)
    gl.enable(gl.BLEND)
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA)
    if (frame.dimensions === 3) gl.enable(gl.DEPTH_TEST)
    else gl.disable(gl.DEPTH_TEST)
    gl.uniformMatrix4fv(uniform('matrix'), false, frame.matrix)
    gl.uniform1f(uniform('diameter'), frame.diameter * ratio)
    gl.uniform1i(uniform('deep'), frame.dimensions === 3 ? 1 : 0)
    gl.uniform3f(uniform('fog'), ...frame.fog)
    gl.uniform1f(uniform('alpha'), frame.alpha)
    gl.drawArrays(gl.POINTS, 0, Math.floor(held.positions.length / held.dimensions))
    return canvas
  }
  const stop = (): void => {
    canvas.removeEventListener('webglcontextlost', lost)
    canvas.removeEventListener('webglcontextrestored', back)
    // Browsers allow about sixteen contexts: this one is given back now, not at the next collection.
    gl.getExtension('WEBGL_lose_context')?.loseContext()
  }
  return { canvas, upload, draw, stop }
}
