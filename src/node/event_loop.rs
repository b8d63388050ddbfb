//! Node.js's event loop, which wakes the JavaScript thread when an inline driver has something to
//! do.
//!
//! A [`LoopWatch`] is opened once per environment and then armed and disarmed for each burst of
//! executes: [`LoopWatch::open`], [`LoopWatch::keep_alive`] and [`LoopWatch::set_timer`] as often
//! as needed, [`LoopWatch::close`]. Its handles outlive it until libuv has closed them:
//!
//! ```text
//!   open ──▶ three handles, a clean-up hook ──close──▶ closing ──on_close, three times──▶ freed
//!                        │                                ▲
//!                        └── the environment ends: on_end ┘ by Wake::end, which has to close
//! ```
//!
//! The addon finds libuv's functions by name in the process: Node.js and Electron export them. Bun
//! exports some of them and panics when they are called, so the caller of [`LoopWatch::open`] has
//! to know that the runtime is one of the first two.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::cell::Cell;
use std::ffi::{CStr, c_char, c_int, c_uint, c_void};
use std::os::fd::RawFd;
use std::ptr;
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::Duration;

use napi::sys;

use super::panics::contain;

/// The receiver of a [`LoopWatch`]'s events.
pub trait Wake {
    /// The descriptor is readable.
    fn readable(&self);
    /// The timer has expired, perhaps some milliseconds early.
    fn due(&self);
    /// The loop is about to look for events, and waits for them unless [`LoopWatch::has_work`].
    /// Called after [`LoopWatch::watch_waits`].
    fn before_wait(&self);
    /// The environment ends. The receiver has to call [`LoopWatch::close`].
    fn end(self: Rc<Self>);
}

/// A `uv_poll_t` on a descriptor, a `uv_timer_t` and a `uv_prepare_t`. They keep the loop alive
/// only while [`Self::keep_alive`] says so.
pub struct LoopWatch {
    /// Freed some time after `is_closed` is set.
    handles: *mut Handles,
    is_closed: Cell<bool>,
}

/// The handles of a watch, and what their callbacks need.
struct Handles {
    uv: &'static Uv,
    uv_loop: *mut Loop,
    poll: *mut Handle,
    timer: *mut Handle,
    prepare: *mut Handle,
    /// The number of handles that are not closed yet.
    open: Cell<u8>,
    keeps_alive: Cell<bool>,
    /// Null once it is removed.
    hook: Cell<sys::napi_async_cleanup_hook_handle>,
    hook_is_running: Cell<bool>,
    wake: Rc<dyn Wake>,
}

impl LoopWatch {
    /// Watches a descriptor, which has to stay open until [`Self::close`]. Returns `None` if the
    /// process has no libuv of major version 1.
    pub fn open(env: sys::napi_env, descriptor: RawFd, wake: Rc<dyn Wake>) -> Option<Self> {
        let uv = Uv::get()?;
        let mut uv_loop = ptr::null_mut();
        // SAFETY: this runs on the thread of the environment whose loop this is. The memory of the
        // handles has the size that libuv names, and `on_close` frees it after libuv has closed
        // them.
        unsafe {
            if sys::napi_get_uv_event_loop(env, &mut uv_loop) != sys::Status::napi_ok {
                return None;
            }
            let poll = uv.allocate(UV_POLL);
            if (uv.poll_init)(uv_loop.cast(), poll, descriptor) != 0 {
                uv.free(poll, UV_POLL);
                return None;
            }
            let timer = uv.allocate(UV_TIMER);
            (uv.timer_init)(uv_loop.cast(), timer);
            let prepare = uv.allocate(UV_PREPARE);
            (uv.prepare_init)(uv_loop.cast(), prepare);
            let handles = Box::into_raw(Box::new(Handles {
                uv,
                uv_loop: uv_loop.cast(),
                poll,
                timer,
                prepare,
                open: Cell::new(3),
                keeps_alive: Cell::new(false),
                hook: Cell::new(ptr::null_mut()),
                hook_is_running: Cell::new(false),
                wake,
            }));
            for handle in [poll, timer, prepare] {
                (uv.handle_set_data)(handle, handles.cast());
                (uv.unref)(handle);
            }
            let mut hook = ptr::null_mut();
            sys::napi_add_async_cleanup_hook(env, Some(on_end), handles.cast(), &mut hook);
            (*handles).hook.set(hook);
            let watch = Self { handles, is_closed: Cell::new(false) };
            if (uv.poll_start)(poll, UV_READABLE, on_poll) != 0 {
                watch.close();
                return None;
            }
            Some(watch)
        }
    }

    /// Makes the process stay alive as long as the watch, or no longer.
    pub fn keep_alive(&self, keeps_alive: bool) {
        let Some(handles) = self.handles() else { return };
        if handles.keeps_alive.replace(keeps_alive) == keeps_alive {
            return;
        }
        // SAFETY: the handle is open, and this runs on the thread of its loop.
        unsafe {
            match keeps_alive {
                true => (handles.uv.ref_)(handles.poll),
                false => (handles.uv.unref)(handles.poll),
            }
        }
    }

    /// Calls [`Wake::due`] after this time, which replaces that of an earlier call.
    pub fn set_timer(&self, after: Duration) {
        let Some(handles) = self.handles() else { return };
        // libuv counts from the start of its turn, so a timer can expire up to a turn early. A
        // millisecond more makes that rare.
        let milliseconds = after.as_millis().saturating_add(1).try_into().unwrap_or(u64::MAX);
        // SAFETY: the handle is open, and this runs on the thread of its loop.
        unsafe { (handles.uv.timer_start)(handles.timer, on_timer, milliseconds, 0) };
    }

    /// Calls [`Wake::before_wait`] from now on.
    pub fn watch_waits(&self) {
        let Some(handles) = self.handles() else { return };
        // SAFETY: the handle is open, and this runs on the thread of its loop. A second start does
        // nothing.
        unsafe { (handles.uv.prepare_start)(handles.prepare, on_prepare) };
    }

    /// Whether the loop has anything to do other than wait for descriptors and timers.
    pub fn has_work(&self) -> bool {
        // SAFETY: the handles are open, so the loop is alive: it ends with its environment, which
        // waits for them.
        self.handles()
            .is_none_or(|handles| unsafe { (handles.uv.backend_timeout)(handles.uv_loop) == 0 })
    }

    /// Closes the watch: it calls nothing any more, and the descriptor may be closed.
    pub fn close(&self) {
        let Some(handles) = self.handles() else { return };
        self.is_closed.set(true);
        // SAFETY: all handles are open, and this runs on the thread of their loop. libuv forgets
        // the descriptor at once, and calls `on_close` for each handle in a later turn. A hook that
        // is running is removed there, because the environment waits until then.
        unsafe {
            if !handles.hook_is_running.get() {
                handles.remove_hook();
            }
            (handles.uv.close)(handles.poll, Some(on_close));
            (handles.uv.close)(handles.timer, Some(on_close));
            (handles.uv.close)(handles.prepare, Some(on_close));
        }
    }

    /// `None` after [`Self::close`].
    fn handles(&self) -> Option<&Handles> {
        // SAFETY: `on_close` frees the handles, and libuv calls it only after `close`.
        (!self.is_closed.get()).then(|| unsafe { &*self.handles })
    }
}

impl Handles {
    /// # Safety
    /// This has to be called on the environment's thread.
    unsafe fn remove_hook(&self) {
        let hook = self.hook.replace(ptr::null_mut());
        if !hook.is_null() {
            // SAFETY: the hook was added by `open`. Replacing it by null above ensures that it is
            // removed once.
            unsafe { sys::napi_remove_async_cleanup_hook(hook) };
        }
    }
}

/// # Safety
/// libuv calls this for an open handle of a [`LoopWatch`], on the thread of its loop.
unsafe extern "C" fn on_poll(handle: *mut Handle, _status: c_int, _events: c_int) {
    // SAFETY: libuv promises what this function asks for.
    let wake = unsafe { wake_of(handle) };
    contain(|| wake.readable());
}

/// # Safety
/// As for [`on_poll`].
unsafe extern "C" fn on_timer(handle: *mut Handle) {
    // SAFETY: libuv promises what this function asks for.
    let wake = unsafe { wake_of(handle) };
    contain(|| wake.due());
}

/// # Safety
/// As for [`on_poll`].
unsafe extern "C" fn on_prepare(handle: *mut Handle) {
    // SAFETY: libuv promises what this function asks for.
    let wake = unsafe { wake_of(handle) };
    contain(|| wake.before_wait());
}

/// Returns a share of the receiver of a handle's events, because the receiver may close and free
/// the handle.
///
/// # Safety
/// As for [`on_poll`].
unsafe fn wake_of(handle: *mut Handle) -> Rc<dyn Wake> {
    let uv = Uv::get().expect("libuv's functions were found before this handle was opened");
    // SAFETY: `open` made the data of each handle its `Handles`, which live as long as a handle is
    // open.
    unsafe { Rc::clone(&(*(uv.handle_get_data)(handle).cast::<Handles>()).wake) }
}

/// # Safety
/// The runtime calls this once, on the environment's thread, with the `Handles` for which the hook
/// was added.
unsafe extern "C" fn on_end(_hook: sys::napi_async_cleanup_hook_handle, data: *mut c_void) {
    // SAFETY: the `Handles` are alive, because the hook is removed before they are freed.
    let handles = unsafe { &*data.cast::<Handles>() };
    handles.hook_is_running.set(true);
    let wake = Rc::clone(&handles.wake);
    contain(|| wake.end());
}

/// # Safety
/// libuv calls this once for each handle of a [`LoopWatch`], on the thread of its loop.
unsafe extern "C" fn on_close(handle: *mut Handle) {
    let uv = Uv::get().expect("libuv's functions were found before this handle was opened");
    // SAFETY: the last of the three calls frees the `Handles` and the memory of all handles. By
    // then libuv has closed all of them and uses that memory no more.
    unsafe {
        let handles = (uv.handle_get_data)(handle).cast::<Handles>();
        let open = (*handles).open.get() - 1;
        (*handles).open.set(open);
        if open > 0 {
            return;
        }
        let handles = Box::from_raw(handles);
        uv.free(handles.poll, UV_POLL);
        uv.free(handles.timer, UV_TIMER);
        uv.free(handles.prepare, UV_PREPARE);
        handles.remove_hook();
        contain(|| drop(handles));
    }
}

/// A `uv_handle_t` of any type.
enum Handle {}

/// A `uv_loop_t`.
enum Loop {}

/// The `uv_handle_type`s of libuv 1.
const UV_POLL: c_uint = 8;
const UV_PREPARE: c_uint = 9;
const UV_TIMER: c_uint = 13;
const UV_READABLE: c_int = 1;

/// The alignment of malloc's memory, which is enough for each of libuv's handles.
const ALIGNMENT: usize = 16;

/// libuv's functions, found by their names.
struct Uv {
    handle_size: unsafe extern "C" fn(c_uint) -> usize,
    handle_set_data: unsafe extern "C" fn(*mut Handle, *mut c_void),
    handle_get_data: unsafe extern "C" fn(*const Handle) -> *mut c_void,
    ref_: unsafe extern "C" fn(*mut Handle),
    unref: unsafe extern "C" fn(*mut Handle),
    close: unsafe extern "C" fn(*mut Handle, Option<unsafe extern "C" fn(*mut Handle)>),
    poll_init: unsafe extern "C" fn(*mut Loop, *mut Handle, c_int) -> c_int,
    poll_start: unsafe extern "C" fn(
        *mut Handle,
        c_int,
        unsafe extern "C" fn(*mut Handle, c_int, c_int),
    ) -> c_int,
    prepare_init: unsafe extern "C" fn(*mut Loop, *mut Handle) -> c_int,
    prepare_start: unsafe extern "C" fn(*mut Handle, unsafe extern "C" fn(*mut Handle)) -> c_int,
    backend_timeout: unsafe extern "C" fn(*const Loop) -> c_int,
    timer_init: unsafe extern "C" fn(*mut Loop, *mut Handle) -> c_int,
    timer_start:
        unsafe extern "C" fn(*mut Handle, unsafe extern "C" fn(*mut Handle), u64, u64) -> c_int,
}

impl Uv {
    fn get() -> Option<&'static Uv> {
        static UV: OnceLock<Option<Uv>> = OnceLock::new();
        UV.get_or_init(Uv::find).as_ref()
    }

    fn find() -> Option<Uv> {
        /// # Safety
        /// `F` has to be the type of the function with that name.
        unsafe fn find<F: Copy>(name: &CStr) -> Option<F> {
            // SAFETY: dlsym only looks up a name, which ends with a NUL.
            let symbol = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr().cast::<c_char>()) };
            // SAFETY: the symbol is the function, whose type the caller promises. A function
            // pointer has the size of `symbol`.
            (!symbol.is_null())
                .then(|| unsafe { std::mem::transmute_copy::<*mut c_void, F>(&symbol) })
        }
        // SAFETY: the types are those of uv.h of libuv 1, which keeps them for all of major version
        // 1.
        unsafe {
            let version: unsafe extern "C" fn() -> c_uint = find(c"uv_version")?;
            if version() >> 16 != 1 {
                return None;
            }
            Some(Uv {
                handle_size: find(c"uv_handle_size")?,
                handle_set_data: find(c"uv_handle_set_data")?,
                handle_get_data: find(c"uv_handle_get_data")?,
                ref_: find(c"uv_ref")?,
                unref: find(c"uv_unref")?,
                close: find(c"uv_close")?,
                poll_init: find(c"uv_poll_init")?,
                poll_start: find(c"uv_poll_start")?,
                prepare_init: find(c"uv_prepare_init")?,
                prepare_start: find(c"uv_prepare_start")?,
                backend_timeout: find(c"uv_backend_timeout")?,
                timer_init: find(c"uv_timer_init")?,
                timer_start: find(c"uv_timer_start")?,
            })
        }
    }

    fn layout(&self, kind: c_uint) -> Layout {
        // SAFETY: the function only returns a size.
        let size = unsafe { (self.handle_size)(kind) };
        Layout::from_size_align(size, ALIGNMENT).expect("a handle's size is some hundred bytes")
    }

    fn allocate(&self, kind: c_uint) -> *mut Handle {
        let layout = self.layout(kind);
        // SAFETY: no handle has the size 0.
        let memory = unsafe { alloc_zeroed(layout) };
        if memory.is_null() {
            std::alloc::handle_alloc_error(layout);
        }
        memory.cast()
    }

    /// # Safety
    /// The handle has to come from `allocate` for the same type, and libuv must not use it any
    /// more.
    unsafe fn free(&self, handle: *mut Handle, kind: c_uint) {
        // SAFETY: the caller promises that the memory is of this layout and unused.
        unsafe { dealloc(handle.cast(), self.layout(kind)) };
    }
}
