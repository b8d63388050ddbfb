/** The instances of this folder's classes, by the names that JSDoc cannot get at in a CommonJS module. */

export type Call = InstanceType<typeof import('./call.js').Call>;
export type Columns = InstanceType<typeof import('./columns.js').Columns>;
export type Commands = InstanceType<typeof import('./commands.js').Commands>;
export type Connection = InstanceType<typeof import('../connection.js').Connection>;
export type Counters = InstanceType<typeof import('./counters.js').Counters>;
export type Deadline = ReturnType<InstanceType<typeof import('./deadline.js').Deadlines>['begin']>;
export type Definition = InstanceType<typeof import('./definition.js').Definition>;
export type KeyColumns = InstanceType<typeof import('./key-columns.js').KeyColumns>;
export type Lane = InstanceType<typeof import('./lane.js').Lane>;
export type Request = InstanceType<typeof import('./call.js').Request>;
export type SecretSource = InstanceType<typeof import('./secret.js').SecretSource>;
