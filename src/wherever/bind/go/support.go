package LIB

/*
#include <stdlib.h>
#include "LIB.h"
#include "callbacks.h"
*/
import "C"

import (
	"errors"
	"fmt"
	"runtime"
	"runtime/cgo"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"
)

// Error is what went wrong, when it was no error that the library's own functions tell of.
// errors.Is(err, ErrTimeout) asks of what kind it is.
type Error struct {
	Kind    Kind
	Message string
}

func (e *Error) Error() string { return e.Message }

// Unwrap is the error's kind.
func (e *Error) Unwrap() error { return e.Kind }

// Failure is the error that a function of the library returns, where it returns a result.
// Callbacks return one to return an error to the library.
type Failure[E any] struct {
	Value E
}

func (f *Failure[E]) Error() string { return fmt.Sprint(f.Value) }

// Result is a result as a value, which it is only inside of other values.
type Result[T, E any] struct {
	Ok    T
	Err   E
	IsErr bool
}

// Options limit an instance; the zero value is the library's own choice.
type Options struct {
	// MemoryLimit is how many bytes of memory it may have; 0 for 1 GiB.
	MemoryLimit uint64
	// StackLimit is how many bytes of a thread's stack a call may use; 0 for 1 MiB.
	StackLimit uint64
	// Timeout is how long a call may take; 0 for as long as it takes.
	Timeout time.Duration
	// Output gets what the library prints to stdout (1) and stderr (2).
	Output func(stream int, text []byte)
}

type dropped struct {
	number int
	id     uint64
	turn   uint64
}

type state struct {
	handle   *C.LIB_t
	itself   cgo.Handle
	imports  Imports
	output   func(int, []byte)
	lock     sync.Mutex
	closing  sync.Mutex     // the handle is in use without the lock, or goes
	thread   atomic.Uintptr // of the callback that is under way
	turn     uint64         // resources of an earlier one are gone
	current  *Library
	lent     map[uintptr]any
	last     uintptr
	panicked any
	failed   error
	drops    struct {
		sync.Mutex
		all []dropped
	}
	chunk unsafe.Pointer
}

const chunkSize = 16 << 10

// Open begins an instance. Close ends it.
func Open(options Options, imports Imports) (*Library, error) {
	s := &state{imports: imports, output: options.Output, turn: 1, lent: map[uintptr]any{}}
	s.itself = cgo.NewHandle(s)
	s.chunk = C.malloc(chunkSize)
	var message [256]C.char
	code := C.LIB_go_open(C.uint64_t(options.MemoryLimit), C.uint64_t(options.StackLimit),
		millis(options.Timeout), C.bool(options.Output != nil), C.uintptr_t(s.itself),
		C.uint64_t(imports.given()), &s.handle, &message[0])
	if code != 0 {
		s.end()
		if s.panicked != nil {
			panic(s.panicked)
		}
		if s.failed != nil {
			return nil, s.failed
		}
		return nil, &Error{Kind(code), C.GoString(&message[0])}
	}
	l := &Library{s: s}
	runtime.SetFinalizer(l, func(l *Library) { l.Close() })
	return l, nil
}

// Close ends the instance. Its resources end with it.
func (l *Library) Close() error {
	s := l.s
	if s.isInside() {
		return busy()
	}
	s.lock.Lock()
	defer s.lock.Unlock()
	if s.handle == nil {
		return nil
	}
	runtime.SetFinalizer(l, nil)
	s.closing.Lock()
	defer s.closing.Unlock()
	C.LIB_close(s.handle)
	s.handle = nil
	s.end()
	return nil
}

func (s *state) end() {
	s.itself.Delete()
	C.free(s.chunk)
	s.chunk = nil
}

// Reset begins anew: what the library has in memory, and its resources, are gone.
func (l *Library) Reset() error {
	g, err := l.begin()
	if err != nil {
		return err
	}
	defer g.end()
	code := C.LIB_reset(g.s.handle)
	g.s.turn++
	return g.check(code)
}

// Interrupt ends the call that is under way, from any goroutine.
func (l *Library) Interrupt() {
	l.s.closing.Lock()
	defer l.s.closing.Unlock()
	if l.s.handle != nil {
		C.LIB_interrupt(l.s.handle)
	}
}

// SetTimeout changes how long a call may take; 0 for as long as it takes.
func (l *Library) SetTimeout(timeout time.Duration) error {
	g, err := l.begin()
	if err != nil {
		return err
	}
	defer g.end()
	return g.check(C.LIB_set_timeout(g.s.handle, millis(timeout)))
}

func millis(time time.Duration) C.uint32_t {
	ms := time.Milliseconds()
	if ms < 0 {
		ms = 0
	} else if ms > 1<<32-1 {
		ms = 1<<32 - 1
	}
	return C.uint32_t(ms)
}

// given is what is given in one call, or by one callback.
type given struct {
	s        *state
	callback bool
	used     uintptr
	kept     []unsafe.Pointer
	pins     runtime.Pinner
	borrowed []uintptr
	owned    []uintptr
	ours     []resource
	called   bool
	err      error
}

type resource interface{ gone() }

func busy() error {
	return &Error{ErrBusy, "a callback called the library that called it"}
}

func missing() error {
	return &Error{ErrArgument, "a resource is not there any more"}
}

func (s *state) isInside() bool {
	thread := s.thread.Load()
	return thread != 0 && thread == uintptr(C.LIB_go_thread())
}

// begin waits until nobody else is in a call; a callback of a call is refused.
func (l *Library) begin() (*given, error) {
	if l == nil {
		return nil, &Error{ErrArgument, "the library is nil"}
	}
	s := l.s
	if s.isInside() {
		return nil, busy()
	}
	s.lock.Lock()
	if s.handle == nil {
		s.lock.Unlock()
		return nil, &Error{ErrClosed, "the library is closed"}
	}
	s.dropNow()
	s.current = l
	return &given{s: s}, nil
}

func (g *given) end() {
	for _, each := range g.kept {
		C.free(each)
	}
	for _, each := range g.borrowed {
		delete(g.s.lent, each)
	}
	if !g.called {
		g.forget()
	}
	g.pins.Unpin()
	g.s.current = nil
	g.s.lock.Unlock()
}

func (g *given) forget() {
	for _, each := range g.owned {
		delete(g.s.lent, each)
	}
}

func (g *given) check(code C.int) error {
	g.called = true
	if Kind(code) != ErrArgument {
		for _, each := range g.ours {
			each.gone()
		}
	}
	if code == 0 {
		return nil
	}
	g.forget()
	panicked, failed := g.s.panicked, g.s.failed
	g.s.panicked, g.s.failed = nil, nil
	if panicked != nil {
		panic(panicked)
	}
	if failed != nil && Kind(code) == ErrImport {
		return failed
	}
	return &Error{Kind(code), C.GoString(C.LIB_error_message(g.s.handle))}
}

func (s *state) dropLater(number int, id, turn uint64) {
	s.drops.Lock()
	s.drops.all = append(s.drops.all, dropped{number, id, turn})
	s.drops.Unlock()
	if !s.isInside() && s.lock.TryLock() {
		s.dropNow()
		s.lock.Unlock()
	}
}

func (s *state) dropNow() {
	s.drops.Lock()
	all := s.drops.all
	s.drops.all = nil
	s.drops.Unlock()
	for _, each := range all {
		if each.turn == s.turn && s.handle != nil {
			s.drop(each.number, each.id)
		}
	}
}

func (g *given) fail(err error) {
	if g.err == nil {
		g.err = err
	}
}

func (g *given) bytes(size uintptr) unsafe.Pointer {
	size = (size + 15) &^ 15
	if g.callback {
		found := C.LIB_alloc(g.s.handle, C.size_t(size))
		if found == nil {
			panic(errors.New("a callback gave more than there is room for"))
		}
		return found
	}
	if size <= chunkSize-g.used {
		found := unsafe.Add(g.s.chunk, g.used)
		g.used += size
		clear(unsafe.Slice((*byte)(found), size))
		return found
	}
	found := C.malloc(C.size_t(size))
	clear(unsafe.Slice((*byte)(found), size))
	g.kept = append(g.kept, found)
	return found
}

// room has a place for values, all bytes of which are 0.
func room[T any](g *given, count int) *T {
	var none T
	if g.callback {
		size := unsafe.Sizeof(none) * uintptr(count)
		found := g.bytes(size)
		clear(unsafe.Slice((*byte)(found), size))
		return (*T)(found)
	}
	return (*T)(g.bytes(unsafe.Sizeof(none) * uintptr(count)))
}

// raw is where numbers are that are as C has them.
func raw[T any](g *given, from []T) unsafe.Pointer {
	if len(from) == 0 {
		return nil
	}
	size := unsafe.Sizeof(from[0]) * uintptr(len(from))
	if g.callback || size <= 1024 {
		to := g.bytes(size)
		copy(unsafe.Slice((*T)(to), len(from)), from)
		return to
	}
	g.pins.Pin(&from[0])
	return unsafe.Pointer(&from[0])
}

func (g *given) text(from string) C.LIB_string_t {
	data := raw(g, unsafe.Slice(unsafe.StringData(from), len(from)))
	return C.LIB_string_t{data: (*C.char)(data), length: C.size_t(len(from))}
}

func textOf(from C.LIB_string_t) string {
	return C.GoStringN(from.data, C.int(from.length))
}

// host lends the library something of ours: for good, or until the call is over.
func (g *given) host(what any, own bool) uintptr {
	if what == nil {
		g.fail(&Error{ErrArgument, "a resource is nil"})
		return 0
	}
	g.s.last++
	g.s.lent[g.s.last] = what
	if own {
		g.owned = append(g.owned, g.s.last)
	} else {
		g.borrowed = append(g.borrowed, g.s.last)
	}
	return g.s.last
}

func lentAs[T any](g *given, number unsafe.Pointer, own bool) T {
	found, is := g.s.lent[uintptr(number)].(T)
	if !is {
		panic(&Error{ErrInvalid, "the library used a resource that is not there any more"})
	}
	if own {
		delete(g.s.lent, uintptr(number))
	}
	return found
}

//export LIB_go_dropped
func LIB_go_dropped(context C.uintptr_t, number unsafe.Pointer) {
	s := cgo.Handle(context).Value().(*state)
	delete(s.lent, uintptr(number))
}

//export LIB_go_printed
func LIB_go_printed(context C.uintptr_t, stream C.int, data unsafe.Pointer, length C.size_t) {
	s := cgo.Handle(context).Value().(*state)
	defer s.inside()()
	defer func() { _ = recover() }()
	s.output(int(stream), C.GoBytes(data, C.int(length)))
}

func (s *state) inside() func() {
	before := s.thread.Swap(uintptr(C.LIB_go_thread()))
	return func() { s.thread.Store(before) }
}

//export LIB_go_called
func LIB_go_called(context C.uintptr_t, number C.int, args *unsafe.Pointer, result unsafe.Pointer) (code C.int) {
	s := cgo.Handle(context).Value().(*state)
	defer s.inside()()
	said := "a callback panicked"
	defer func() {
		if s.panicked = recover(); s.panicked != nil || code != 0 {
			text := C.CString(said)
			code = C.LIB_fail(s.handle, text)
			C.free(unsafe.Pointer(text))
		}
	}()
	g := &given{s: s, callback: true}
	err := g.call(int(number), unsafe.Slice(args, mostParams), result)
	if err == nil {
		err = g.err
	}
	if err != nil {
		s.failed, said = err, err.Error()
		return 1
	}
	return 0
}
