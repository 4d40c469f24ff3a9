//! Mappings as a whole.
