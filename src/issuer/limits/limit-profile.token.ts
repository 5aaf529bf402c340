/** Injection token of the LimitProfile of the first CA. */
export const LIMIT_PROFILE = Symbol('LIMIT_PROFILE');

/** Injection token of the LimitProfiles of all configured CAs, by directory URL: `ReadonlyMap<string, LimitProfile>`. */
export const CA_LIMITS = Symbol('CA_LIMITS');
