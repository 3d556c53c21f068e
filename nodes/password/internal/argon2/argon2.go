// Copyright 2017 The Go Authors. All rights reserved.
// Use of this source code is governed by a BSD-style
// license that can be found in the LICENSE file of this folder.

// Package argon2 derives Argon2id keys (RFC 9106) on the goroutine that calls
// it, in memory that the caller keeps.
//
// It holds what golang.org/x/crypto/argon2 computes, and its tests compare the
// two. It exists for two things which that package does not offer and on which
// hashing at low priority rests:
//
//   - x/crypto starts a goroutine for every segment, so the work leaves the
//     thread of the caller, and a priority given to that thread does nothing.
//   - x/crypto allocates its memory on every call, 19 MiB at the least that is
//     worth configuring, and keeps the garbage collector busy.
//
// The lanes of a hash with a parallelism above one are computed one after the
// other: the key is the same, the work stays on one thread.
//
// The block mixing, in Go and in assembly, is that of x/crypto at v0.24.0.
package argon2

import (
	"encoding/binary"

	"golang.org/x/crypto/blake2b"
)

const (
	version     = 0x13 // Argon2 version 1.3, the one of RFC 9106
	variantID   = 2    // Argon2id
	blockLength = 128  // 64-bit words in a block of one KiB
	syncPoints  = 4    // slices in a pass
)

type block [blockLength]uint64

// Scratch is the memory of one derivation at a time. The zero value is ready;
// it grows to what it is asked for and never shrinks. What it holds after a
// call tells about the password, and is overwritten by the next call.
type Scratch struct {
	blocks []block
}

// KiB is the amount of memory that s holds.
func (s *Scratch) KiB() uint32 { return uint32(cap(s.blocks)) }

// IDKey derives a key of keyLen bytes. memory is in KiB and is rounded as RFC
// 9106 §3.2 says. It panics unless time and threads are at least 1.
func (s *Scratch) IDKey(password, salt []byte, time, memory uint32, threads uint8, keyLen uint32) []byte {
	if time < 1 || threads < 1 {
		panic("argon2: time and threads must be at least 1")
	}
	lanes := uint32(threads)
	h0 := initialHash(password, salt, time, memory, lanes, keyLen)
	memory = max(memory/(syncPoints*lanes), 2) * syncPoints * lanes
	if uint32(cap(s.blocks)) < memory {
		s.blocks = make([]block, memory)
	}
	f := filler{blocks: s.blocks[:memory], passes: time, lanes: lanes, lane: memory / lanes}
	f.begin(&h0)
	for pass := range time {
		for slice := range uint32(syncPoints) {
			for lane := range lanes {
				f.segment(pass, slice, lane)
			}
		}
	}
	return f.key(keyLen)
}

// initialHash is H0 of RFC 9106 §3.2, with room for the two counters that
// begin appends.
func initialHash(password, salt []byte, time, memory, lanes, keyLen uint32) [blake2b.Size + 8]byte {
	var in []byte
	for _, n := range []uint32{lanes, keyLen, memory, time, version, variantID} {
		in = binary.LittleEndian.AppendUint32(in, n)
	}
	for _, field := range [][]byte{password, salt, nil, nil} { // no secret, no associated data
		in = binary.LittleEndian.AppendUint32(in, uint32(len(field)))
		in = append(in, field...)
	}
	sum := blake2b.Sum512(in)
	var h0 [blake2b.Size + 8]byte
	copy(h0[:], sum[:])
	return h0
}

// A filler fills the memory of one derivation.
type filler struct {
	blocks []block
	passes uint32
	lanes  uint32
	lane   uint32 // blocks in a lane
}

// begin computes the first two blocks of each lane.
func (f *filler) begin(h0 *[blake2b.Size + 8]byte) {
	var bytes [8 * blockLength]byte
	for lane := range f.lanes {
		binary.LittleEndian.PutUint32(h0[blake2b.Size+4:], lane)
		for column := range uint32(2) {
			binary.LittleEndian.PutUint32(h0[blake2b.Size:], column)
			longHash(bytes[:], h0[:])
			b := &f.blocks[lane*f.lane+column]
			for i := range b {
				b[i] = binary.LittleEndian.Uint64(bytes[8*i:])
			}
		}
	}
}

// segment fills one slice of one lane in one pass.
func (f *filler) segment(pass, slice, lane uint32) {
	length := f.lane / syncPoints
	// Argon2id chooses the blocks it refers to without looking at the password
	// in the first half of the first pass, and by the data afterwards.
	independent := pass == 0 && slice < syncPoints/2
	var addresses, in, zero block
	if independent {
		in = block{uint64(pass), uint64(lane), uint64(slice), uint64(len(f.blocks)), uint64(f.passes), variantID}
	}
	nextAddresses := func() {
		in[6]++
		processBlock(&addresses, &in, &zero)
		processBlock(&addresses, &addresses, &zero)
	}

	index := uint32(0)
	if pass == 0 && slice == 0 {
		index = 2 // begin made the first two blocks
		nextAddresses()
	}
	for ; index < length; index++ {
		offset := lane*f.lane + slice*length + index
		prev := offset - 1
		if index == 0 && slice == 0 {
			prev += f.lane // the last block of the lane
		}
		var random uint64
		if independent {
			if index%blockLength == 0 {
				nextAddresses()
			}
			random = addresses[index%blockLength]
		} else {
			random = f.blocks[prev][0]
		}
		ref := f.reference(random, pass, slice, lane, index)
		if pass == 0 {
			// Overwrites what an earlier derivation left in the scratch.
			processBlock(&f.blocks[offset], &f.blocks[prev], &f.blocks[ref])
		} else {
			processBlockXOR(&f.blocks[offset], &f.blocks[prev], &f.blocks[ref])
		}
	}
}

// reference maps a random number to the block it refers to, RFC 9106 §3.4.2.
func (f *filler) reference(random uint64, pass, slice, lane, index uint32) uint32 {
	length := f.lane / syncPoints
	refLane := uint32(random>>32) % f.lanes
	if pass == 0 && slice == 0 {
		refLane = lane
	}
	area, start := 3*length, ((slice+1)%syncPoints)*length
	if pass == 0 {
		area, start = slice*length, 0
	}
	if lane == refLane || (pass == 0 && slice == 0) {
		area += index
	}
	if index == 0 || lane == refLane {
		area--
	}
	x := random & 0xFFFFFFFF
	x = (x * x) >> 32
	x = (x * uint64(area)) >> 32
	return refLane*f.lane + uint32((uint64(start)+uint64(area)-(x+1))%uint64(f.lane))
}

// key folds the last blocks of all lanes into the key.
func (f *filler) key(keyLen uint32) []byte {
	last := f.blocks[len(f.blocks)-1]
	for lane := range f.lanes - 1 {
		for i, v := range f.blocks[lane*f.lane+f.lane-1] {
			last[i] ^= v
		}
	}
	var bytes [8 * blockLength]byte
	for i, v := range last {
		binary.LittleEndian.PutUint64(bytes[8*i:], v)
	}
	key := make([]byte, keyLen)
	longHash(key, bytes[:])
	return key
}

// longHash is H' of RFC 9106 §3.3: BLAKE2b with an output of any length.
func longHash(out, in []byte) {
	in = append(binary.LittleEndian.AppendUint32(nil, uint32(len(out))), in...)
	if len(out) <= blake2b.Size {
		shortHash(out, in)
		return
	}
	sum := blake2b.Sum512(in)
	for len(out) > blake2b.Size {
		out = out[copy(out, sum[:blake2b.Size/2]):]
		if len(out) > blake2b.Size {
			sum = blake2b.Sum512(sum[:])
		}
	}
	shortHash(out, sum[:])
}

// shortHash is BLAKE2b with an output of 1 to 64 bytes.
func shortHash(out, in []byte) {
	h, err := blake2b.New(len(out), nil)
	if err != nil {
		panic(err) // only a length out of range, which longHash does not pass
	}
	h.Write(in)
	h.Sum(out[:0])
}
