/** The arguments that every /set has (RFC 8620 §5.3). Reads them, changes nothing. */

import { MAX_OBJECTS_IN_SET } from './limits.ts';
import {
  type Call,
  fault,
  type Fault,
  isObject,
  isString,
  isStrings,
  type Json,
  optional,
} from './method.ts';

export interface Setting {
  readonly ifInState: string | null;
  /** By creation id. */
  readonly create: readonly (readonly [string, unknown])[];
  /** By id. */
  readonly update: readonly (readonly [string, unknown])[];
  readonly destroy: readonly string[];
}

export function readSet({ args }: Pick<Call, 'args'>): Setting | Fault {
  const ifInState = optional(args['ifInState'], isString, null);
  const create = optional<Json, Json>(args['create'], isObject, {});
  const update = optional<Json, Json>(args['update'], isObject, {});
  const destroy = optional<readonly string[], readonly string[]>(args['destroy'], isStrings, []);
  if (ifInState === undefined || create === undefined || update === undefined || destroy === undefined)
    return fault('invalidArguments', 'ifInState, create, update or destroy: a value of another type');
  const setting = { ifInState, create: Object.entries(create), update: Object.entries(update), destroy };
  const objects = setting.create.length + setting.update.length + destroy.length;
  return objects > MAX_OBJECTS_IN_SET ? fault('requestTooLarge') : setting;
}
