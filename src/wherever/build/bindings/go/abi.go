package world

import (
	"math"
	"unsafe"
)

// Memory that the host may look at: all that was given or lowered in the call under way. It is
// taken beside Go's: while the host asks for some, Go may not call anything outside, as it does now
// and then to allocate.
var (
	chunks    [][2]uint32 // where each begins and ends
	using     int
	nextPlace uint32
)

const chunkPages = 16

func take(size uint32) uint32 {
	size = (size + 7) &^ 7
	for using < len(chunks) {
		if nextPlace == 0 {
			nextPlace = chunks[using][0]
		}
		if chunks[using][1]-nextPlace >= size {
			nextPlace += size
			return nextPlace - size
		}
		using++
		nextPlace = 0
	}
	pages := max(int32((size+65535)>>16), chunkPages)
	start := growMemory(pages)
	if start < 0 || len(chunks) == cap(chunks) {
		panic("no memory is left")
	}
	chunks = append(chunks, [2]uint32{uint32(start) << 16, uint32(start+pages) << 16})
	skipMemory()
	nextPlace = chunks[using][0] + size
	return nextPlace - size
}

func done() { using, nextPlace = 0, 0 }

// Go takes memory as if nobody else did: it is told to go on behind what others have taken.

//go:linkname memoryTaken runtime.bloc
var memoryTaken uintptr

//go:linkname memoryKnown runtime.blocMax
var memoryKnown uintptr

//go:linkname memoryPages runtime.currentMemory
func memoryPages() int32

//go:linkname growMemory runtime.growMemory
func growMemory(pages int32) int32

//go:wasmimport wasi_snapshot_preview1 fd_prestat_get
func prestat(file int32, to unsafe.Pointer) uint32

func skipMemory() {
	memoryKnown = uintptr(memoryPages()) << 16
	memoryTaken = memoryKnown
}

func init() {
	chunks = make([][2]uint32, 0, 4096)
	prestat(3, unsafe.Pointer(new(uint64))) // WASI's adapter has all its memory from now on
	skipMemory()
}

//go:wasmexport cabi_realloc
func cabiRealloc(old, oldSize, align, size uint32) uint32 {
	made := take(size)
	if oldSize != 0 && size != 0 {
		copy(bytesAt(made, size), bytesAt(old, min(oldSize, size)))
	}
	return made
}

func bytesAt(at, length uint32) []byte {
	if length == 0 {
		return nil
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(uintptr(at))), length)
}

// How values of a type lie in memory, and in core values, which are bits whatever their type.
type codec[T any] struct {
	size, align uint32
	flat        int
	load        func(at uint32) T
	store       func(value T, at uint32)
	lift        func(from []uint64) T
	lower       func(value T, to []uint64)
}

func up(place, to uint32) uint32 { return (place + to - 1) / to * to }

func bitsAt(at, size uint32) uint64 {
	var bits uint64
	for each := size; each > 0; each-- {
		bits = bits<<8 | uint64(*(*byte)(unsafe.Pointer(uintptr(at + each - 1))))
	}
	return bits
}

func setBits(bits uint64, at, size uint32) {
	for each := uint32(0); each < size; each++ {
		*(*byte)(unsafe.Pointer(uintptr(at + each))) = byte(bits >> (8 * each))
	}
}

func plain[T any](size uint32, from func(uint64) T, to func(T) uint64) codec[T] {
	return codec[T]{
		size: size, align: size, flat: 1,
		load:  func(at uint32) T { return from(bitsAt(at, size)) },
		store: func(value T, at uint32) { setBits(to(value), at, size) },
		lift:  func(bits []uint64) T { return from(bits[0]) },
		lower: func(value T, bits []uint64) { bits[0] = to(value) },
	}
}

func whole[T ~uint8 | ~uint16 | ~uint32 | ~uint64](size uint32) codec[T] {
	return plain(size, func(bits uint64) T { return T(bits) }, func(value T) uint64 { return uint64(value) })
}

func signed[T ~int8 | ~int16 | ~int32](size uint32) codec[T] {
	return plain(size, func(bits uint64) T { return T(bits) },
		func(value T) uint64 { return uint64(uint32(int32(value))) })
}

var (
	abiU8   = whole[uint8](1)
	abiU16  = whole[uint16](2)
	abiU32  = whole[uint32](4)
	abiU64  = whole[uint64](8)
	abiS8   = signed[int8](1)
	abiS16  = signed[int16](2)
	abiS32  = signed[int32](4)
	abiS64  = plain(8, func(bits uint64) int64 { return int64(bits) }, func(value int64) uint64 { return uint64(value) })
	abiChar = signed[rune](4)
	abiF32  = plain(4, func(bits uint64) float32 { return math.Float32frombits(uint32(bits)) },
		func(value float32) uint64 { return uint64(math.Float32bits(value)) })
	abiF64  = plain(8, math.Float64frombits, math.Float64bits)
	abiBool = plain(1, func(bits uint64) bool { return uint32(bits) != 0 }, func(value bool) uint64 {
		if value {
			return 1
		}
		return 0
	})
	abiNone = codec[struct{}]{
		align: 1,
		load:  func(uint32) (none struct{}) { return },
		store: func(struct{}, uint32) {},
		lift:  func([]uint64) (none struct{}) { return },
		lower: func(struct{}, []uint64) {},
	}
	abiBytes = pointing(
		func(at, length uint32) []byte { return append([]byte{}, bytesAt(at, length)...) },
		func(value []byte) (uint32, uint32) {
			at := take(uint32(len(value)))
			copy(bytesAt(at, uint32(len(value))), value)
			return at, uint32(len(value))
		})
	abiString = pointing(
		func(at, length uint32) string { return string(bytesAt(at, length)) },
		func(value string) (uint32, uint32) {
			at := take(uint32(len(value)))
			copy(bytesAt(at, uint32(len(value))), value)
			return at, uint32(len(value))
		})
)

func pointing[T any](own func(at, length uint32) T, give func(T) (uint32, uint32)) codec[T] {
	return codec[T]{
		size: 8, align: 4, flat: 2,
		load: func(at uint32) T { return own(abiU32.load(at), abiU32.load(at+4)) },
		store: func(value T, at uint32) {
			start, length := give(value)
			abiU32.store(start, at)
			abiU32.store(length, at+4)
		},
		lift: func(from []uint64) T { return own(uint32(from[0]), uint32(from[1])) },
		lower: func(value T, to []uint64) {
			start, length := give(value)
			to[0], to[1] = uint64(start), uint64(length)
		},
	}
}

func listOf[T any](inner codec[T]) codec[[]T] {
	return pointing(
		func(at, length uint32) []T {
			made := make([]T, length)
			for each := range made {
				made[each] = inner.load(at + uint32(each)*inner.size)
			}
			return made
		},
		func(value []T) (uint32, uint32) {
			at := take(uint32(len(value)) * inner.size)
			for each := range value {
				inner.store(value[each], at+uint32(each)*inner.size)
			}
			return at, uint32(len(value))
		})
}

func optionOf[T any](inner codec[T]) codec[*T] {
	place := up(1, inner.align)
	return codec[*T]{
		size: up(place+inner.size, inner.align), align: inner.align, flat: 1 + inner.flat,
		load: func(at uint32) *T {
			if !abiBool.load(at) {
				return nil
			}
			value := inner.load(at + place)
			return &value
		},
		store: func(value *T, at uint32) {
			abiBool.store(value != nil, at)
			if value != nil {
				inner.store(*value, at+place)
			}
		},
		lift: func(from []uint64) *T {
			if uint32(from[0]) == 0 {
				return nil
			}
			value := inner.lift(from[1:])
			return &value
		},
		lower: func(value *T, to []uint64) {
			abiBool.lower(value != nil, to)
			if value != nil {
				inner.lower(*value, to[1:])
			}
		},
	}
}

// Result is what came of something: Ok, or Err where IsErr says so.
type Result[T, E any] struct {
	IsErr bool
	Ok    T
	Err   E
}

func resultOf[T, E any](ok codec[T], err codec[E]) codec[Result[T, E]] {
	align := max(ok.align, err.align)
	place := up(1, align)
	return codec[Result[T, E]]{
		size: up(place+max(ok.size, err.size), align), align: align, flat: 1 + max(ok.flat, err.flat),
		load: func(at uint32) (made Result[T, E]) {
			if made.IsErr = abiBool.load(at); made.IsErr {
				made.Err = err.load(at + place)
			} else {
				made.Ok = ok.load(at + place)
			}
			return
		},
		store: func(value Result[T, E], at uint32) {
			abiBool.store(value.IsErr, at)
			if value.IsErr {
				err.store(value.Err, at+place)
			} else {
				ok.store(value.Ok, at+place)
			}
		},
		lift: func(from []uint64) (made Result[T, E]) {
			if made.IsErr = uint32(from[0]) != 0; made.IsErr {
				made.Err = err.lift(from[1:])
			} else {
				made.Ok = ok.lift(from[1:])
			}
			return
		},
		lower: func(value Result[T, E], to []uint64) {
			abiBool.lower(value.IsErr, to)
			if value.IsErr {
				err.lower(value.Err, to[1:])
			} else {
				ok.lower(value.Ok, to[1:])
			}
		},
	}
}

// Values of the program that callers have handles of, by number.
type held[T any] struct {
	values map[uint32]T
	last   uint32
}

func (all *held[T]) add(value T) uint32 {
	if all.values == nil {
		all.values = map[uint32]T{}
	}
	for {
		all.last++
		if _, taken := all.values[all.last]; !taken && all.last != 0 {
			all.values[all.last] = value
			return all.last
		}
	}
}

func (all *held[T]) take(number uint32) (value T, isThere bool) {
	value, isThere = all.values[number]
	delete(all.values, number)
	return
}

// What is done when nobody has a handle of a value any more: its Drop is called, where it has one.
func (all *held[T]) end(number uint32) {
	if value, isThere := all.take(number); isThere {
		if ended, can := any(value).(interface{ Drop() }); can {
			ended.Drop()
		}
	}
}

func own[T any](all *held[T], made, number func(uint32) uint32, left func(uint32)) codec[T] {
	return plain(4, func(bits uint64) T {
		value, _ := all.take(number(uint32(bits)))
		left(uint32(bits))
		return value
	}, func(value T) uint64 { return uint64(made(all.add(value))) })
}

func borrow[T any](all *held[T]) codec[T] {
	return plain(4, func(bits uint64) T { return all.values[uint32(bits)] },
		func(T) uint64 { panic("a handle of its own is lent to nobody") })
}

// Handles that were lent for the call under way have to be given back at its end.
var lent []func()

func giveBack() {
	for _, each := range lent {
		each()
	}
	lent = nil
}

func handle[T any](of func(uint32) T, bits func(T) uint32, drop func(T)) codec[T] {
	return plain(4, func(given uint64) T {
		value := of(uint32(given))
		if drop != nil {
			lent = append(lent, func() { drop(value) })
		}
		return value
	}, func(value T) uint64 { return uint64(bits(value)) })
}
