#include "textflag.h"

// AVX2 and FMA. Loads need no alignment.

// func dotWide(a, b *float32, n int) float32
TEXT ·dotWide(SB), NOSPLIT, $0-28
	MOVQ a+0(FP), SI
	MOVQ b+8(FP), DI
	MOVQ n+16(FP), CX
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	SUBQ $16, CX
	JL   rest

pairs:
	VMOVUPS     (SI), Y2
	VMOVUPS     32(SI), Y3
	VFMADD231PS (DI), Y2, Y0
	VFMADD231PS 32(DI), Y3, Y1
	ADDQ        $64, SI
	ADDQ        $64, DI
	SUBQ        $16, CX
	JGE         pairs

rest:
	ADDQ $16, CX
	JZ   sum
	VMOVUPS     (SI), Y2
	VFMADD231PS (DI), Y2, Y0

sum:
	VADDPS       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VHADDPS      X0, X0, X0
	VHADDPS      X0, X0, X0
	VMOVSS       X0, ret+24(FP)
	VZEROUPPER
	RET

// func addWide(y *float32, by float32, x *float32, n int)
TEXT ·addWide(SB), NOSPLIT, $0-32
	MOVQ         y+0(FP), DI
	VBROADCASTSS by+8(FP), Y0
	MOVQ         x+16(FP), SI
	MOVQ         n+24(FP), CX

eight:
	VMOVUPS     (SI), Y1
	VMOVUPS     (DI), Y2
	VFMADD231PS Y1, Y0, Y2
	VMOVUPS     Y2, (DI)
	ADDQ        $32, SI
	ADDQ        $32, DI
	SUBQ        $8, CX
	JG          eight
	VZEROUPPER
	RET

// func dotsWide(out, rows, v *float32, n, d int)
// Four rows at a time: each part of v is loaded once for them, and their lanes are summed together.
TEXT ·dotsWide(SB), NOSPLIT, $0-40
	MOVQ out+0(FP), DI
	MOVQ rows+8(FP), R8
	MOVQ v+16(FP), DX
	MOVQ n+24(FP), CX
	MOVQ d+32(FP), BX
	SHLQ $2, BX // bytes of a row

four:
	LEAQ   (R8)(BX*1), R9
	LEAQ   (R8)(BX*2), R10
	LEAQ   (R9)(BX*2), R11
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	VXORPS Y2, Y2, Y2
	VXORPS Y3, Y3, Y3
	XORQ   AX, AX

part:
	VMOVUPS     (DX)(AX*1), Y4
	VFMADD231PS (R8)(AX*1), Y4, Y0
	VFMADD231PS (R9)(AX*1), Y4, Y1
	VFMADD231PS (R10)(AX*1), Y4, Y2
	VFMADD231PS (R11)(AX*1), Y4, Y3
	ADDQ        $32, AX
	CMPQ        AX, BX
	JL          part

	VHADDPS      Y1, Y0, Y0
	VHADDPS      Y3, Y2, Y2
	VHADDPS      Y2, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VMOVUPS      X0, (DI)
	ADDQ         $16, DI
	LEAQ         (R11)(BX*1), R8
	SUBQ         $4, CX
	JG           four
	VZEROUPPER
	RET

// func addProjectionsWide(out, v, rows, weights *float32, shift float32, n, d int)
TEXT ·addProjectionsWide(SB), NOSPLIT, $0-56
	MOVQ  out+0(FP), DI
	MOVQ  v+8(FP), DX
	MOVQ  rows+16(FP), SI
	MOVQ  weights+24(FP), R8
	VMOVSS shift+32(FP), X7
	MOVQ  n+40(FP), CX
	MOVQ  d+48(FP), BX
	SHLQ  $2, BX // bytes of a row

row:
	VXORPS Y0, Y0, Y0
	VXORPS Y1, Y1, Y1
	MOVQ   BX, R9
	XORQ   AX, AX
	SUBQ   $64, R9
	JL     last

pairs:
	VMOVUPS     (SI)(AX*1), Y2
	VMOVUPS     32(SI)(AX*1), Y3
	VFMADD231PS (DX)(AX*1), Y2, Y0
	VFMADD231PS 32(DX)(AX*1), Y3, Y1
	ADDQ        $64, AX
	CMPQ        AX, R9
	JLE         pairs

last:
	CMPQ AX, BX
	JGE  sum
	VMOVUPS     (SI)(AX*1), Y2
	VFMADD231PS (DX)(AX*1), Y2, Y0

sum:
	VADDPS       Y1, Y0, Y0
	VEXTRACTF128 $1, Y0, X1
	VADDPS       X1, X0, X0
	VHADDPS      X0, X0, X0
	VHADDPS      X0, X0, X0
	VADDSS       X7, X0, X0
	VMULSS       (R8), X0, X0
	VBROADCASTSS X0, Y4
	XORQ         AX, AX

add:
	VMOVUPS     (DI)(AX*1), Y5
	VFMADD231PS (SI)(AX*1), Y4, Y5
	VMOVUPS     Y5, (DI)(AX*1)
	ADDQ        $32, AX
	CMPQ        AX, BX
	JL          add

	ADDQ BX, SI
	ADDQ $4, R8
	DECQ CX
	JNZ  row
	VZEROUPPER
	RET
