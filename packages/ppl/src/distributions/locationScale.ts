/** @file Families of one standard variable, shifted and stretched. */
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Constraint } from '../constraints/constraint.ts';
import { positive } from '../constraints/interval.ts';
import { real } from '../constraints/real.ts';
import type { Shape } from '../util/shape.ts';
import { broadcastShapes, shapeOf } from '../util/shape.ts';
import { Distribution } from './distribution.ts';
import * as fold from './fold.ts';
import { operand } from './fold.ts';
import type { Parameter } from './parameter.ts';

/** The distribution of `loc + scale · z`, with z standard. */
export abstract class LocationScale extends Distribution {
  override readonly hasRsample: boolean = true;
  readonly loc: Parameter;
  readonly scale: Parameter;

  /** @param shape - the shape of further parameters. */
  constructor(loc: Parameter, scale: Parameter, shape: Shape = []) {
    super(broadcastShapes(shape, shapeOf(loc), shapeOf(scale)));
    this.require('loc', loc, real);
    this.require('scale', scale, positive);
    this.loc = loc;
    this.scale = scale;
  }

  override get support(): Constraint {
    return real;
  }

  /** z = (x - loc) / scale. */
  protected standardise(x: Tensor): Tensor {
    return fold.div(fold.sub(x, operand(this.loc)), operand(this.scale));
  }

  /** loc + scale · z. */
  protected fromStandard(z: Tensor): Tensor {
    return fold.add(fold.mul(z, operand(this.scale)), operand(this.loc));
  }
}
