/** @file Imports tfjs's parts for what they register, then puts the mends in place. Imported for its side effect. */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-backend-wasm';
// tfjs-core alone registers no gradients in Node; importing tfjs-layers registers all of them.
import '@tensorflow/tfjs-layers';
import { mendBackends } from './mends.ts';

mendBackends();
