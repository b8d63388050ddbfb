/** Names for the instances of this folder's classes, which JSDoc cannot import from CommonJS. */

export type Call = InstanceType<typeof import('./pipeline/call.js').Call>;
export type CallQueue = InstanceType<typeof import('./pipeline/call-queue.js').CallQueue>;
export type Commands = InstanceType<typeof import('./commands.js').Commands>;
export type Connection = InstanceType<typeof import('../core/connection.js').Connection>;
export type Counters = InstanceType<typeof import('./metrics/counters.js').Counters>;
export type Deadline = ReturnType<
  InstanceType<typeof import('./pipeline/deadline.js').Deadlines>['begin']
>;
export type Definition = InstanceType<typeof import('./pipeline/definition.js').Definition>;
export type IndexIds = InstanceType<typeof import('./pipeline/index-ids.js').IndexIds>;
export type KeyColumns = InstanceType<typeof import('./scan/key-columns.js').KeyColumns>;
export type PooledConnection = InstanceType<
  typeof import('./pipeline/pooled-connection.js').PooledConnection
>;
export type Request = InstanceType<typeof import('./pipeline/call.js').Request>;
export type RequestState = InstanceType<typeof import('./pipeline/call.js').RequestState>;
export type RowReader = InstanceType<typeof import('./rows/row-reader.js').RowReader>;
export type SecretSource = InstanceType<typeof import('./pipeline/secret.js').SecretSource>;
export type StepRunner = InstanceType<typeof import('./pipeline/steps.js').StepRunner>;
export type Steps = InstanceType<typeof import('./pipeline/steps.js').Steps>;
export type Slot = ReturnType<IndexIds['acquire']>;
