//! What law and operators say of retention: rule files, profiles, expiry. Pure.
