//! The scope parser: a list of scopes that are each taken comes back the same when it is split at its spaces (RFC 6749
//! §3.3), and none of them can end a quoted header parameter.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sereno_core::oauth::grammar::is_scope;

fuzz_target!(|scopes: Vec<String>| {
    let taken: Vec<&str> = scopes.iter().map(String::as_str).filter(|scope| is_scope(scope)).collect();
    let list = taken.join(" ");
    assert_eq!(list.split(' ').filter(|scope| !scope.is_empty()).collect::<Vec<_>>(), taken);
    assert!(list.bytes().all(|byte| matches!(byte, 0x20..=0x7e) && byte != b'"' && byte != b'\\'));
});
