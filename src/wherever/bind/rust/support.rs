//! What stands between the library's functions and its C.

use crate::{ffi, Error, ErrorKind, Imports, Options};
use std::any::Any;
use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::ffi::{c_char, c_int, c_void, CStr, CString};
use std::panic::{catch_unwind, resume_unwind, AssertUnwindSafe};
use std::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub type Drops = unsafe extern "C" fn(*mut ffi::Handle, u64) -> c_int;

/// A resource of the host that the library has: for good, or for one call.
pub enum Lent<T: ?Sized> {
    Own(Box<T>),
    Borrow(*const T),
}

pub struct Inner {
    pub imports: Imports,
    output: Option<Box<dyn FnMut(i32, &str) + Send>>,
    pub lent: HashMap<usize, Box<dyn Any>>,
    last: usize,
    thrown: Option<Box<dyn Any + Send>>,
    pub turn: u64,
}

pub struct State {
    handle: AtomicPtr<ffi::Handle>,
    lock: Mutex<()>,
    owner: AtomicUsize,
    drops: Mutex<Vec<(Drops, u64, u64)>>,
    // Only used by who holds the lock, and by the callbacks of its call.
    inner: UnsafeCell<Inner>,
}

// SAFETY: the C library may be called in any thread, by one at a time, which the lock sees to; all
// that `Inner` holds of callers is Send, and borrowed resources stay in the thread of the call.
unsafe impl Send for State {}
unsafe impl Sync for State {}

impl Drop for State {
    fn drop(&mut self) {
        let handle = self.handle.load(Ordering::Relaxed);
        // SAFETY: nobody has the state, so no call is under way.
        unsafe { ffi::close(handle) };
    }
}

fn this_thread() -> usize {
    thread_local!(static HERE: u8 = const { 0 });
    HERE.with(|here| here as *const u8 as usize)
}

impl State {
    pub fn open(
        options: Options,
        imports: Imports,
        callbacks: impl FnOnce(&Imports, *mut c_void) -> ffi::Imports,
    ) -> Result<Arc<State>, Error> {
        let state = Arc::new(State {
            handle: AtomicPtr::default(),
            lock: Mutex::new(()),
            owner: AtomicUsize::new(0),
            drops: Mutex::default(),
            inner: UnsafeCell::new(Inner {
                imports,
                output: options.output,
                lent: HashMap::new(),
                last: 0,
                thrown: None,
                turn: 1,
            }),
        });
        let context = Arc::as_ptr(&state) as *mut c_void;
        // SAFETY: nobody else has the state yet.
        let inner = unsafe { &mut *state.inner.get() };
        let given = callbacks(&inner.imports, context);
        let has_output = inner.output.is_some();
        let raw = ffi::Options {
            size: std::mem::size_of::<ffi::Options>(),
            memory_limit: options.memory_limit,
            stack_limit: options.stack_limit,
            timeout_ms: millis(options.timeout),
            imports: &given,
            output: if has_output { Some(printed) } else { None },
            context,
        };
        let mut handle = std::ptr::null_mut();
        let mut message = [0 as c_char; 256];
        // SAFETY: all that is pointed to lives longer than the call; the state as long as the handle.
        let code = unsafe { ffi::open(&raw, &mut handle, message.as_mut_ptr()) };
        state.handle.store(handle, Ordering::Relaxed);
        if code != 0 {
            // SAFETY: the call is over.
            if let Some(thrown) = unsafe { (*state.inner.get()).thrown.take() } {
                resume_unwind(thrown);
            }
            // SAFETY: the message ends with a 0.
            return Err(Error::new(code, unsafe { CStr::from_ptr(message.as_ptr()) }));
        }
        Ok(state)
    }

    pub fn interrupt(&self) {
        // SAFETY: it may be called at any time.
        unsafe { ffi::interrupt(self.handle.load(Ordering::Relaxed)) };
    }

    /// Begins a call: other threads wait for it, a callback of its own is refused.
    pub fn call(self: &Arc<State>) -> Result<Call, Error> {
        if self.owner.load(Ordering::Relaxed) == this_thread() {
            return Err(Error::said(ErrorKind::Busy, "a callback called the library that called it"));
        }
        // The guard lives as long as the call, which holds the state.
        let held = self.lock.lock().unwrap_or_else(PoisonError::into_inner);
        // SAFETY: it is dropped before the call's own hold of the state.
        let held: MutexGuard<'static, ()> = unsafe { std::mem::transmute(held) };
        self.owner.store(this_thread(), Ordering::Relaxed);
        self.drop_now();
        Ok(Call { _held: held, given: Given::new(self.clone(), None), called: false })
    }

    fn drop_now(&self) {
        let taken = std::mem::take(&mut *self.drops.lock().unwrap_or_else(PoisonError::into_inner));
        for (drops, id, turn) in taken {
            // SAFETY: the lock is held; an identity of another turn is never given.
            unsafe {
                if turn == (*self.inner.get()).turn {
                    drops(self.handle.load(Ordering::Relaxed), id);
                }
            }
        }
    }

    /// What a destructor gives up, which may be in any thread and inside of a callback.
    pub fn drop_later(self: &Arc<State>, drops: Drops, id: u64, turn: u64) {
        self.drops.lock().unwrap_or_else(PoisonError::into_inner).push((drops, id, turn));
        if self.owner.load(Ordering::Relaxed) == this_thread() {
            return;
        }
        if let Ok(held) = self.lock.try_lock() {
            self.owner.store(this_thread(), Ordering::Relaxed);
            self.drop_now();
            self.owner.store(0, Ordering::Relaxed);
            drop(held);
        }
    }
}

/// What is given in one call, or by one callback.
pub struct Given {
    pub state: Arc<State>,
    callback: Option<*mut ffi::Handle>,
    kept: Vec<Vec<u128>>,
    borrowed: Vec<usize>,
    owned: Vec<usize>,
    given: Vec<(Drops, u64, u64)>,
}

impl Given {
    fn new(state: Arc<State>, callback: Option<*mut ffi::Handle>) -> Given {
        Given {
            state,
            callback,
            kept: Vec::new(),
            borrowed: Vec::new(),
            owned: Vec::new(),
            given: Vec::new(),
        }
    }

    /// What only one thread at a time has: never two of them at once.
    pub fn inner(&mut self) -> &mut Inner {
        // SAFETY: whoever has a `Given` holds the lock, or is called by who does.
        unsafe { &mut *self.state.inner.get() }
    }

    pub fn room<T>(&mut self, count: usize) -> Result<*mut T, Error> {
        let size = count.checked_mul(std::mem::size_of::<T>()).unwrap_or(usize::MAX / 2);
        if let Some(handle) = self.callback {
            // SAFETY: a callback of this handle is under way.
            let found = unsafe { ffi::alloc(handle, size) };
            if found.is_null() {
                return Err(Error::said(ErrorKind::Import, "a callback gave more than there is room"));
            }
            return Ok(found.cast());
        }
        self.kept.push(vec![0; size / 16 + 1]);
        Ok(self.kept.last_mut().unwrap().as_mut_ptr().cast())
    }

    pub fn raw<T: Copy>(&mut self, from: &[T]) -> Result<*const T, Error> {
        if self.callback.is_none() || from.is_empty() {
            return Ok(from.as_ptr());
        }
        let to = self.room::<T>(from.len())?;
        // SAFETY: there is room for as many.
        unsafe { std::ptr::copy_nonoverlapping(from.as_ptr(), to, from.len()) };
        Ok(to)
    }

    pub fn text(&mut self, from: &str) -> Result<ffi::Str, Error> {
        Ok(ffi::Str { data: self.raw(from.as_bytes())?.cast(), length: from.len() })
    }

    pub fn lend<T: ?Sized + 'static>(&mut self, what: Lent<T>) -> *mut c_void {
        let inner = self.inner();
        inner.last += 1;
        let number = inner.last;
        let own = matches!(what, Lent::Own(_));
        inner.lent.insert(number, Box::new(what));
        if own {
            self.owned.push(number);
        } else {
            self.borrowed.push(number);
        }
        number as *mut c_void
    }

    pub fn ours(&mut self, state: &Arc<State>, id: u64, turn: u64) -> Result<u64, Error> {
        if !Arc::ptr_eq(state, &self.state) || turn != self.inner().turn {
            return Err(Error::said(ErrorKind::Argument, "a resource is not there any more"));
        }
        Ok(id)
    }

    pub fn gave(&mut self, drops: Drops, id: u64, turn: u64) {
        self.given.push((drops, id, turn));
    }

    pub fn lent<T: ?Sized + 'static>(&mut self, number: *mut c_void) -> Result<&'static T, Error> {
        // SAFETY: it is only used until the callback ends, and is there until then.
        match self.inner().lent.get(&(number as usize)).and_then(|each| each.downcast_ref()) {
            Some(Lent::Own(found)) => Ok(unsafe { &*(&**found as *const T) }),
            Some(Lent::Borrow(found)) => Ok(unsafe { &**found }),
            None => Err(gone()),
        }
    }

    pub fn taken<T: ?Sized + 'static>(&mut self, number: *mut c_void) -> Result<Box<T>, Error> {
        let found = self.inner().lent.remove(&(number as usize)).ok_or_else(gone)?;
        match found.downcast::<Lent<T>>() {
            Ok(found) => match *found {
                Lent::Own(found) => Ok(found),
                Lent::Borrow(_) => Err(gone()),
            },
            Err(_) => Err(gone()),
        }
    }

    fn forget(&mut self, borrowed: bool) {
        let numbers = std::mem::take(if borrowed { &mut self.borrowed } else { &mut self.owned });
        for number in numbers {
            self.inner().lent.remove(&number);
        }
    }
}

fn gone() -> Error {
    Error::said(ErrorKind::Invalid, "the library used a resource that is not there any more")
}

/// One call.
pub struct Call {
    _held: MutexGuard<'static, ()>,
    pub given: Given,
    called: bool,
}

impl Call {
    pub fn handle(&self) -> *mut ffi::Handle {
        self.given.state.handle.load(Ordering::Relaxed)
    }

    pub fn check(&mut self, code: c_int) -> Result<(), Error> {
        self.called = true;
        if code == 0 {
            return Ok(());
        }
        if code == ErrorKind::Argument as c_int {
            self.undo();
        }
        self.given.forget(false);
        if let Some(thrown) = self.given.inner().thrown.take() {
            resume_unwind(thrown);
        }
        // SAFETY: the handle is there, and its message until the next call.
        Err(Error::new(code, unsafe { CStr::from_ptr(ffi::error_message(self.handle())) }))
    }

    /// What was given of resources did not arrive.
    fn undo(&mut self) {
        for (drops, id, turn) in std::mem::take(&mut self.given.given) {
            self.given.state.drop_later(drops, id, turn);
        }
        self.given.forget(false);
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.given.forget(true);
        if !self.called {
            self.undo();
        }
        self.given.state.owner.store(0, Ordering::Relaxed);
    }
}

/// Runs a callback: what panics in it goes on panicking behind the call.
pub fn called_back(
    handle: *mut ffi::Handle,
    context: *mut c_void,
    body: impl FnOnce(&mut Given) -> Result<(), Error>,
) -> c_int {
    let state = context as *const State;
    // SAFETY: the context is the state of the handle, which whoever calls holds.
    let state = unsafe {
        Arc::increment_strong_count(state);
        Arc::from_raw(state)
    };
    let mut given = Given::new(state, Some(handle));
    let said = match catch_unwind(AssertUnwindSafe(|| body(&mut given))) {
        Ok(Ok(())) => return 0,
        Ok(Err(error)) => error.message().to_owned(),
        Err(thrown) => {
            given.inner().thrown = Some(thrown);
            "a callback panicked".to_owned()
        }
    };
    let said = CString::new(said.replace('\0', " ")).unwrap_or_default();
    // SAFETY: a callback of this handle is under way.
    unsafe { ffi::fail(handle, said.as_ptr()) }
}

/// The library has no use any more for a resource of the host.
pub fn dropped(context: *mut c_void, number: *mut c_void) {
    let state = context as *const State;
    // SAFETY: as above; nobody uses `Inner` while the library gives something up.
    let found = unsafe { (*(*state).inner.get()).lent.remove(&(number as usize)) };
    let _ = catch_unwind(AssertUnwindSafe(|| drop(found)));
}

extern "C" fn printed(context: *mut c_void, stream: c_int, data: *const c_char, length: usize) {
    let state = context as *const State;
    // SAFETY: as above; the data is there until this returns.
    let (inner, bytes) = unsafe {
        (&mut *(*state).inner.get(), std::slice::from_raw_parts(data.cast::<u8>(), length))
    };
    if let Some(output) = &mut inner.output {
        let _ = catch_unwind(AssertUnwindSafe(|| output(stream, &String::from_utf8_lossy(bytes))));
    }
}

pub fn millis(time: std::time::Duration) -> u32 {
    time.as_millis().min(u128::from(u32::MAX)) as u32
}

/// # Safety
/// There have to be as many values, or none.
pub unsafe fn slice<'a, T>(data: *const T, length: usize) -> &'a [T] {
    if length == 0 {
        return &[];
    }
    // SAFETY: as is asked for.
    unsafe { std::slice::from_raw_parts(data, length) }
}

pub fn text_of(from: &ffi::Str) -> String {
    // SAFETY: the library's C checked it.
    let bytes = unsafe { slice(from.data.cast::<u8>(), from.length) };
    String::from_utf8_lossy(bytes).into_owned()
}

pub fn char_of(from: u32) -> char {
    char::from_u32(from).unwrap_or(char::REPLACEMENT_CHARACTER)
}
