/** @file Lifting a tfjs-layers model: its layers read weights that are given to each call. */
import * as tf from '@tensorflow/tfjs-core';
import type { Tensor, Variable } from '@tensorflow/tfjs-core';
import type { LayerVariable, LayersModel } from '@tensorflow/tfjs-layers';
import { MASK_KEYS, seededCall } from './dropout.ts';
import { camelCase } from './layerNames.ts';
import type { ForwardOptions, Layer, LiftedNet, NetInput, NetOutput, NetParameter, NetState } from './net.ts';
import type { LinearLayer } from './operations/operation.ts';
import { computesLike, effectfulCall, effectfulCell } from './operations/operation.ts';
import { CELL_OPERATIONS } from './operations/recurrent.ts';
import { LAYER_OPERATIONS } from './operations/table.ts';
import { Overrides } from './override.ts';
import type { PlacedLayer } from './placedLayers.ts';
import { placedLayers } from './placedLayers.ts';

interface LiftedParameter extends NetParameter {
  readonly variable: LayerVariable;
}

interface LiftedState extends NetState {
  readonly variable: LayerVariable;
}

/**
 * For the time of one call, the layers' weights read the values given, and the layers that do a known operation do it
 * through the handlers in force. What the layers write in training (the moving statistics of batch normalisation) goes to
 * copies kept here.
 */
export class LiftedModel implements LiftedNet {
  readonly parameters: readonly LiftedParameter[];
  readonly layerNames: readonly string[];
  readonly state: readonly LiftedState[];
  readonly outputLayer: PlacedLayer | null;
  private readonly model: LayersModel;
  private readonly written = new Map<LayerVariable, Variable>();
  private readonly calls: readonly { readonly layer: Layer; readonly call: Layer['call'] }[];
  /** The layers that compute something else, such as batch normalisation. */
  private readonly others: readonly Layer[];

  /** @throws Error when the model has no weights yet, or keeps state between calls. */
  constructor(model: LayersModel) {
    const placed = placedLayers(model);
    checkModel(model, placed);
    this.model = model;
    const trainable = new Set(model.trainableWeights);
    this.parameters = placed.flatMap((place) => parametersOf(place, trainable));
    this.outputLayer = outputLayerOf(model, placed);
    this.layerNames = placed.map(({ path }) => path).filter((path) => path !== '');
    this.state = placed.flatMap((place) => this.stateOf(place, trainable));
    this.calls = placed.flatMap(({ layer, path }) => {
      const call = callOf(layer, path);
      return call === null ? [] : [{ layer, call }];
    });
    const known = new Set([...this.calls.map(({ layer }) => layer), ...placed.flatMap(({ chain }) => chain.slice(1))]);
    this.others = placed.filter(({ layer, path }) => path !== '' && !known.has(layer)).map(({ layer }) => layer);
  }

  forward(x: NetInput, values: ReadonlyMap<string, Tensor>, { training, dropout = training }: ForwardOptions): NetOutput {
    this.checkInput(x);
    const overrides = new Overrides();
    try {
      for (const { name, variable } of this.parameters) overrides.set(variable, 'read', () => valueOf(name, values));
      for (const { layer, call } of this.calls) {
        overrides.set(layer, 'call', call);
        for (const key of MASK_KEYS) if (key in layer) overrides.define(layer, key, { value: null, writable: true });
      }
      if (dropout !== training) for (const layer of this.others) overrides.set(layer, 'call', told(layer, { training }));
      for (const { variable, value, assign } of this.state) {
        overrides.set(variable, 'read', value);
        overrides.set(variable, 'write', (next: Tensor) => {
          assign(next);
          return variable;
        });
      }
      return this.model.apply(x, { training: dropout }) as NetOutput;
    } finally {
      overrides.restore();
    }
  }

  topology(): string {
    return JSON.stringify({ format: 'layers-model', modelTopology: this.model.toJSON(null, false) });
  }

  dispose(): void {
    for (const copy of this.written.values()) copy.dispose();
    this.written.clear();
  }

  private stateOf(place: PlacedLayer, trainable: ReadonlySet<LayerVariable>): LiftedState[] {
    return weightsOf(place, (weight) => !trainable.has(weight)).map(({ name, shape, variable }) => {
      const read = variable.read.bind(variable);
      const value = (): Tensor => this.written.get(variable) ?? read();
      const assign = (next: Tensor): void => {
        // It begins as the layer's own and is assigned like any other, so that a step that fails can take that back.
        const copy = this.written.get(variable) ?? tf.variable(tf.clone(read()), false);
        this.written.set(variable, copy);
        copy.assign(next);
      };
      return { name, shape, variable, value, assign };
    });
  }

  private checkInput(x: NetInput): void {
    const inputs = Array.isArray(x) ? x : [x];
    const wrong = inputs.find((input) => !(input instanceof tf.Tensor));
    if (wrong !== undefined) throw new TypeError(`the net's input must be a tensor, or an array of them; got ${typeof wrong}`);
    const wanted = this.model.inputs.length;
    if (inputs.length !== wanted) {
      throw new Error(
        `the net has ${wanted} input${wanted === 1 ? '' : 's'} (${this.model.inputNames.join(', ')}), but got ${inputs.length} ` +
          `tensor${inputs.length === 1 ? '' : 's'}`,
      );
    }
  }
}

function valueOf(name: string, values: ReadonlyMap<string, Tensor>): Tensor {
  const value = values.get(name);
  if (value === undefined) throw new Error(`no value was given for the net's parameter "${name}"`);
  return value;
}

function checkModel(model: LayersModel, placed: readonly PlacedLayer[]): void {
  if (model.inputs.length === 0) throw new Error('the net has no layers yet: add them before making it Bayesian');
  const stateful = placed.find(({ layer, path }) => path !== '' && layer.stateful);
  if (stateful !== undefined) {
    throw new Error(
      `layer "${stateful.path}" is stateful: it would carry state from one draw of the weights to the next; make it with stateful: false`,
    );
  }
}

/** Looks into models that are layers. */
function outputLayerOf({ outputs }: Pick<LayersModel, 'outputs'>, placed: readonly PlacedLayer[]): PlacedLayer | null {
  const [output] = outputs;
  if (output === undefined || outputs.length > 1) return null;
  const layer = output.sourceLayer as Layer & Partial<Pick<LayersModel, 'layers' | 'outputs'>>;
  if (layer.layers !== undefined && layer.outputs !== undefined) return outputLayerOf({ outputs: layer.outputs }, placed);
  return placed.find((place) => place.layer === layer) ?? null;
}

/** What is to be called in place of the layer's own `call`, if anything. */
function callOf(layer: Layer, path: string): Layer['call'] | null {
  // An instance with a `call` of its own computes something that we do not know.
  if (Object.hasOwn(layer, 'call')) return null;
  for (const kind of LAYER_OPERATIONS) {
    if (computesLike(layer, kind.className)) return effectfulCall(layer as LinearLayer, kind, path);
  }
  for (const kind of CELL_OPERATIONS) {
    if (computesLike(layer, kind.className)) return effectfulCell(layer, kind, path);
  }
  return seededCall(layer, path);
}

/** The layer's `call`, told something else than the net. */
function told(layer: Layer, other: { readonly training: boolean }): Layer['call'] {
  const call = layer.call.bind(layer);
  return (inputs, kwargs) => call(inputs, { ...kwargs, ...other });
}

function parametersOf(place: PlacedLayer, trainable: ReadonlySet<LayerVariable>): LiftedParameter[] {
  const { layer, path, chain } = place;
  return weightsOf(place, (weight) => trainable.has(weight)).map((weight) => ({
    ...weight,
    layerName: path,
    layers: chain.length === 0 ? [layer] : chain,
    value: () => weight.variable.read(),
  }));
}

interface NamedWeight {
  readonly name: string;
  readonly role: string;
  readonly shape: readonly number[];
  readonly variable: LayerVariable;
}

/** Those of the layer's own weights that `choose` wants; names are counted among them alone. */
function weightsOf({ path, ownWeights }: PlacedLayer, choose: (weight: LayerVariable) => boolean): NamedWeight[] {
  const roles = new Map<string, number>();
  return ownWeights.filter(choose).map((variable) => {
    const stem = camelCase(variable.originalName.split('/').at(-1) ?? 'weight');
    const times = (roles.get(stem) ?? 0) + 1;
    roles.set(stem, times);
    const role = times === 1 ? stem : `${stem}${times}`;
    return { name: path === '' ? role : `${path}.${role}`, role, shape: variable.shape.map((size) => size ?? 0), variable };
  });
}
