using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Interp.Runtime.Kernels;

/// <summary>16 lanes in a 512-bit vector.</summary>
internal unsafe struct Lanes512 : ILanes<Lanes512>
{
    private Vector512<float> lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes512(Vector512<float> lanes) => this.lanes = lanes;

    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 16;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Load(float* source) => new(Vector512.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadBFloat16(ushort* source) =>
        new((Avx512F.ConvertToVector512UInt32(Vector256.Load(source)) << 16).AsSingle());

    // Numbers at even places, then those at odd ones: one operation for each vector where widening takes two.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16Pair(ushort* source, out Lanes512 a, out Lanes512 b)
    {
        Vector512<uint> pairs = Vector512.Load((uint*)source);
        a = new((pairs << 16).AsSingle());
        b = new((pairs & Vector512.Create(0xffff0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PairInOrder(ref Lanes512 a, ref Lanes512 b)
    {
        Vector512<int> first = Vector512.Create(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
        Vector512<float> low = Avx512F.PermuteVar16x32x2(a.lanes, first, b.lanes);
        b = new(Avx512F.PermuteVar16x32x2(a.lanes, first + Vector512.Create(8), b.lanes));
        a = new(low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PairAsLoaded(ref Lanes512 a, ref Lanes512 b)
    {
        Vector512<int> even = Vector512.Create(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
        Vector512<float> low = Avx512F.PermuteVar16x32x2(a.lanes, even, b.lanes);
        b = new(Avx512F.PermuteVar16x32x2(a.lanes, even + Vector512.Create(1), b.lanes));
        a = new(low);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 LoadFloat16(ushort* source)
    {
        Vector512<int> bits = (Avx512F.ConvertToVector512Int32(Vector256.Load((short*)source)) << 13) & Vector512.Create(Float16Bits.SignAndNumber);
        return new(bits.AsSingle() * Vector512.Create(Float16Bits.Rescale));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes512 value, float* destination) => value.lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Broadcast(float value) => new(Vector512.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Add(Lanes512 a, Lanes512 b) => new(a.lanes + b.lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Subtract(Lanes512 a, Lanes512 b) => new(a.lanes - b.lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Multiply(Lanes512 a, Lanes512 b) => new(a.lanes * b.lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Divide(Lanes512 a, Lanes512 b) => new(a.lanes / b.lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Fma(Lanes512 a, Lanes512 b, Lanes512 c) =>
        new(Vector512.FusedMultiplyAdd(a.lanes, b.lanes, c.lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lanes512 a, Lanes512 b) => lanes = Vector512.FusedMultiplyAdd(a.lanes, b.lanes, lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 Abs(Lanes512 value) => new(Vector512.Abs(value.lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 SelectLess(Lanes512 a, Lanes512 b, Lanes512 less, Lanes512 otherwise) =>
        new(Vector512.ConditionalSelect(Vector512.LessThan(a.lanes, b.lanes), less.lanes, otherwise.lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 KeepNaN(Lanes512 value, Lanes512 number) =>
        new(Vector512.ConditionalSelect(Vector512.Equals(value.lanes, value.lanes), number.lanes, value.lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes512 PowerOfTwo(Lanes512 n) =>
        new(((n.lanes + Vector512.Create(12582912f + 127f)).AsInt32() << 23).AsSingle());
}
