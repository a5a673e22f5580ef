#![allow(dead_code, unused_variables, unused_unsafe, unsafe_op_in_unsafe_fn, non_camel_case_types)]
#![allow(clippy::all)]

use std::alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc};

/// A value of WIT. As core values it is bits, whatever the core type: so what several cases share
/// needs no conversion.
pub trait Value: Sized {
    const SIZE: usize;
    const ALIGN: usize;
    const FLAT: usize;
    /// Takes the value, and the memory it points to, from its place in memory.
    unsafe fn load(from: *const u8) -> Self;
    /// Leaves the value, and the memory it points to, in its place in memory.
    unsafe fn store(self, to: *mut u8);
    unsafe fn lift(from: &[u64]) -> Self;
    unsafe fn lower(self, to: &mut [u64]);
}

pub const fn up(place: usize, to: usize) -> usize {
    (place + to - 1) / to * to
}

pub const fn max(one: usize, other: usize) -> usize {
    if one > other { one } else { other }
}

unsafe fn take(size: usize, align: usize) -> *mut u8 {
    if size == 0 {
        return align as *mut u8;
    }
    let layout = Layout::from_size_align_unchecked(size, align);
    let made = alloc(layout);
    if made.is_null() {
        handle_alloc_error(layout);
    }
    made
}

pub unsafe fn give(at: *mut u8, size: usize, align: usize) {
    if size != 0 {
        dealloc(at, Layout::from_size_align_unchecked(size, align));
    }
}

#[unsafe(export_name = "cabi_realloc")]
unsafe extern "C" fn cabi_realloc(old: *mut u8, old_size: usize, align: usize, size: usize) -> *mut u8 {
    if old_size == 0 || size == 0 {
        return take(size, align);
    }
    let made = realloc(old, Layout::from_size_align_unchecked(old_size, align), size);
    if made.is_null() {
        std::process::abort();
    }
    made
}

macro_rules! plain {
    ($($type:ty, $size:expr, |$bits:ident| $from:expr, |$value:ident| $to:expr;)*) => {$(
        impl Value for $type {
            const SIZE: usize = $size;
            const ALIGN: usize = $size;
            const FLAT: usize = 1;
            unsafe fn load(from: *const u8) -> Self {
                let mut $bits = 0u64;
                std::ptr::copy_nonoverlapping(from, &mut $bits as *mut u64 as *mut u8, $size);
                $from
            }
            unsafe fn store(self, to: *mut u8) {
                let $value = self;
                let bits: u64 = $to;
                std::ptr::copy_nonoverlapping(&bits as *const u64 as *const u8, to, $size);
            }
            unsafe fn lift(from: &[u64]) -> Self {
                let $bits = from[0];
                $from
            }
            unsafe fn lower(self, to: &mut [u64]) {
                let $value = self;
                to[0] = $to;
            }
        }
    )*};
}

plain! {
    bool, 1, |bits| bits as u32 != 0, |value| value as u64;
    u8, 1, |bits| bits as u8, |value| value as u64;
    i8, 1, |bits| bits as i8, |value| value as i32 as u32 as u64;
    u16, 2, |bits| bits as u16, |value| value as u64;
    i16, 2, |bits| bits as i16, |value| value as i32 as u32 as u64;
    u32, 4, |bits| bits as u32, |value| value as u64;
    i32, 4, |bits| bits as i32, |value| value as u32 as u64;
    u64, 8, |bits| bits, |value| value;
    i64, 8, |bits| bits as i64, |value| value as u64;
    f32, 4, |bits| f32::from_bits(bits as u32), |value| value.to_bits() as u64;
    f64, 8, |bits| f64::from_bits(bits), |value| value.to_bits();
    char, 4, |bits| char::from_u32_unchecked(bits as u32), |value| value as u64;
}

impl Value for () {
    const SIZE: usize = 0;
    const ALIGN: usize = 1;
    const FLAT: usize = 0;
    unsafe fn load(from: *const u8) -> Self {}
    unsafe fn store(self, to: *mut u8) {}
    unsafe fn lift(from: &[u64]) -> Self {}
    unsafe fn lower(self, to: &mut [u64]) {}
}

/// A pointer and a length, wherever they stand.
macro_rules! pointing {
    ($type:ty $(, $inner:ident)?) => {
        impl$(<$inner: Value>)? Value for $type {
            const SIZE: usize = 8;
            const ALIGN: usize = 4;
            const FLAT: usize = 2;
            unsafe fn load(from: *const u8) -> Self {
                Self::own(u32::load(from) as usize, u32::load(from.add(4)) as usize)
            }
            unsafe fn store(self, to: *mut u8) {
                let (at, length) = self.disown();
                (at as u32).store(to);
                (length as u32).store(to.add(4));
            }
            unsafe fn lift(from: &[u64]) -> Self {
                Self::own(from[0] as usize, from[1] as usize)
            }
            unsafe fn lower(self, to: &mut [u64]) {
                let (at, length) = self.disown();
                to[0] = at as u64;
                to[1] = length as u64;
            }
        }
    };
}

trait Pointing {
    unsafe fn own(at: usize, length: usize) -> Self;
    unsafe fn disown(self) -> (usize, usize);
}

impl Pointing for String {
    unsafe fn own(at: usize, length: usize) -> Self {
        String::from_raw_parts(if length == 0 { 1 } else { at } as *mut u8, length, length)
    }
    unsafe fn disown(self) -> (usize, usize) {
        let whole = self.into_boxed_str();
        let length = whole.len();
        (Box::into_raw(whole) as *mut u8 as usize, length)
    }
}

impl<T: Value> Pointing for Vec<T> {
    unsafe fn own(at: usize, length: usize) -> Self {
        let made = (0..length).map(|each| T::load((at + each * T::SIZE) as *const u8)).collect();
        give(at as *mut u8, length * T::SIZE, T::ALIGN);
        made
    }
    unsafe fn disown(self) -> (usize, usize) {
        let length = self.len();
        let at = take(length * T::SIZE, T::ALIGN) as usize;
        for (number, each) in self.into_iter().enumerate() {
            each.store((at + number * T::SIZE) as *mut u8);
        }
        (at, length)
    }
}

pointing!(String);
pointing!(Vec<T>, T);

impl<T: Value> Value for Option<T> {
    const SIZE: usize = up(up(1, T::ALIGN) + T::SIZE, T::ALIGN);
    const ALIGN: usize = T::ALIGN;
    const FLAT: usize = 1 + T::FLAT;
    unsafe fn load(from: *const u8) -> Self {
        if *from == 0 { None } else { Some(T::load(from.add(up(1, T::ALIGN)))) }
    }
    unsafe fn store(self, to: *mut u8) {
        *to = self.is_some() as u8;
        if let Some(value) = self {
            value.store(to.add(up(1, T::ALIGN)));
        }
    }
    unsafe fn lift(from: &[u64]) -> Self {
        if from[0] as u32 == 0 { None } else { Some(T::lift(&from[1..])) }
    }
    unsafe fn lower(self, to: &mut [u64]) {
        to[0] = self.is_some() as u64;
        if let Some(value) = self {
            value.lower(&mut to[1..]);
        }
    }
}

impl<T: Value, E: Value> Value for Result<T, E> {
    const SIZE: usize = up(up(1, Self::ALIGN) + max(T::SIZE, E::SIZE), Self::ALIGN);
    const ALIGN: usize = max(T::ALIGN, E::ALIGN);
    const FLAT: usize = 1 + max(T::FLAT, E::FLAT);
    unsafe fn load(from: *const u8) -> Self {
        let value = from.add(up(1, Self::ALIGN));
        if *from == 0 { Ok(T::load(value)) } else { Err(E::load(value)) }
    }
    unsafe fn store(self, to: *mut u8) {
        *to = self.is_err() as u8;
        let place = to.add(up(1, Self::ALIGN));
        match self {
            Ok(value) => value.store(place),
            Err(error) => error.store(place),
        }
    }
    unsafe fn lift(from: &[u64]) -> Self {
        if from[0] as u32 == 0 { Ok(T::lift(&from[1..])) } else { Err(E::lift(&from[1..])) }
    }
    unsafe fn lower(self, to: &mut [u64]) {
        to[0] = self.is_err() as u64;
        match self {
            Ok(value) => value.lower(&mut to[1..]),
            Err(error) => error.lower(&mut to[1..]),
        }
    }
}

macro_rules! handle {
    ($type:ty, |$bits:ident| $from:expr, |$value:ident| $to:expr $(, $inner:ident: $bound:path)?) => {
        impl$(<$inner: $bound>)? Value for $type {
            const SIZE: usize = 4;
            const ALIGN: usize = 4;
            const FLAT: usize = 1;
            unsafe fn load(from: *const u8) -> Self {
                let $bits = u32::load(from);
                $from
            }
            unsafe fn store(self, to: *mut u8) {
                let $value = self;
                let bits: u32 = $to;
                bits.store(to);
            }
            unsafe fn lift(from: &[u64]) -> Self {
                let $bits = from[0] as u32;
                $from
            }
            unsafe fn lower(self, to: &mut [u64]) {
                let $value = self;
                let bits: u32 = $to;
                to[0] = bits as u64;
            }
        }
    };
}

/// Whether what is dropped has been given away before, with its handles.
static mut GIVEN: bool = false;

/// Frees the memory of a value that was given away; its handles stay with those who have them.
unsafe fn free<T>(value: impl FnOnce() -> T) {
    GIVEN = true;
    drop(value());
    GIVEN = false;
}

/// Values of the program that callers have handles of.
pub trait Resource: Sized + 'static {
    unsafe fn made(number: u32) -> u32;
    unsafe fn number(handle: u32) -> u32;
    unsafe fn left(handle: u32);
}

/// The handle of a value of the program. Callers have it, until they drop it or give it back.
pub struct Own<T: Resource> {
    handle: u32,
    kind: std::marker::PhantomData<T>,
}

impl<T: Resource> Own<T> {
    pub fn new(value: T) -> Self {
        let number = Box::into_raw(Box::new(Some(value))) as usize as u32;
        Own::of(unsafe { T::made(number) })
    }
    /// The value, which has no handle any more.
    pub fn into_inner(self) -> T {
        let place = unsafe { T::number(self.handle) } as usize as *mut Option<T>;
        unsafe { (*place).take() }.unwrap()
    }
    fn of(handle: u32) -> Self {
        Own { handle, kind: std::marker::PhantomData }
    }
}

impl<T: Resource> From<T> for Own<T> {
    fn from(value: T) -> Self {
        Own::new(value)
    }
}

impl<T: Resource> std::ops::Deref for Own<T> {
    type Target = T;
    fn deref(&self) -> &T {
        unsafe { held(T::number(self.handle)) }
    }
}

impl<T: Resource> Drop for Own<T> {
    fn drop(&mut self) {
        unsafe {
            if !GIVEN {
                T::left(self.handle);
            }
        }
    }
}

handle!(Own<T>, |bits| Own::of(bits), |value| {
    let handle = value.handle;
    std::mem::forget(value);
    handle
}, T: Resource);

unsafe fn held<'a, T>(number: u32) -> &'a T {
    (*(number as usize as *const Option<T>)).as_ref().unwrap()
}

unsafe fn ended<T>(number: u32) {
    drop(Box::from_raw(number as usize as *mut Option<T>));
}

/// What is lent by its handle for a call.
pub trait Lent: 'static {
    unsafe fn lent<'a>(bits: u32) -> &'a Self;
    fn bits(&self) -> u32;
}

handle!(&T, |bits| T::lent(bits), |value| value.bits(), T: Lent);

static mut LENT: Vec<(*mut u8, unsafe fn(*mut u8))> = Vec::new();

/// Keeps a handle that was lent until the end of the call.
unsafe fn lend<'a, T>(value: T) -> &'a T {
    unsafe fn end<T>(at: *mut u8) {
        drop(Box::from_raw(at as *mut T));
    }
    let made = Box::into_raw(Box::new(value));
    let all = &mut *(&raw mut LENT);
    all.push((made as *mut u8, end::<T>));
    &*made
}

unsafe fn give_back() {
    let all = &mut *(&raw mut LENT);
    for (at, end) in std::mem::take(all) {
        end(at);
    }
}
