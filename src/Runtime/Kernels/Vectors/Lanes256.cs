using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Interp.Runtime.Kernels;

/// <summary>8 lanes in a 256-bit vector.</summary>
internal unsafe struct Lanes256 : ILanes<Lanes256>
{
    private Vector256<float> lanes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Lanes256(Vector256<float> lanes) => this.lanes = lanes;

    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 8;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Load(float* source) => new(Vector256.Load(source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadBFloat16(ushort* source) => new((Widen((short*)source) << 16).AsSingle());

    // Numbers at even places, then those at odd ones, as with 512 bits.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16Pair(ushort* source, out Lanes256 a, out Lanes256 b)
    {
        Vector256<uint> pairs = Vector256.Load((uint*)source);
        a = new((pairs << 16).AsSingle());
        b = new((pairs & Vector256.Create(0xffff0000u)).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PairInOrder(ref Lanes256 a, ref Lanes256 b)
    {
        Vector256<float> low = Avx.UnpackLow(a.lanes, b.lanes), high = Avx.UnpackHigh(a.lanes, b.lanes);
        a = new(Avx.Permute2x128(low, high, 0x20));
        b = new(Avx.Permute2x128(low, high, 0x31));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PairAsLoaded(ref Lanes256 a, ref Lanes256 b)
    {
        Vector256<double> even = Avx.Shuffle(a.lanes, b.lanes, 0x88).AsDouble(), odd = Avx.Shuffle(a.lanes, b.lanes, 0xDD).AsDouble();
        a = new(Avx2.Permute4x64(even, 0xD8).AsSingle());
        b = new(Avx2.Permute4x64(odd, 0xD8).AsSingle());
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 LoadFloat16(ushort* source)
    {
        Vector256<int> bits = (Widen((short*)source) << 13) & Vector256.Create(Float16Bits.SignAndNumber);
        return new(bits.AsSingle() * Vector256.Create(Float16Bits.Rescale));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Lanes256 value, float* destination) => value.lanes.Store(destination);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Broadcast(float value) => new(Vector256.Create(value));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Add(Lanes256 a, Lanes256 b) => new(a.lanes + b.lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Subtract(Lanes256 a, Lanes256 b) => new(a.lanes - b.lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Multiply(Lanes256 a, Lanes256 b) => new(a.lanes * b.lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Divide(Lanes256 a, Lanes256 b) => new(a.lanes / b.lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Fma(Lanes256 a, Lanes256 b, Lanes256 c) =>
        new(Vector256.FusedMultiplyAdd(a.lanes, b.lanes, c.lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(Lanes256 a, Lanes256 b) => lanes = Vector256.FusedMultiplyAdd(a.lanes, b.lanes, lanes);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 Abs(Lanes256 value) => new(Vector256.Abs(value.lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 SelectLess(Lanes256 a, Lanes256 b, Lanes256 less, Lanes256 otherwise) =>
        new(Vector256.ConditionalSelect(Vector256.LessThan(a.lanes, b.lanes), less.lanes, otherwise.lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 KeepNaN(Lanes256 value, Lanes256 number) =>
        new(Vector256.ConditionalSelect(Vector256.Equals(value.lanes, value.lanes), number.lanes, value.lanes));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Lanes256 PowerOfTwo(Lanes256 n) =>
        new(((n.lanes + Vector256.Create(12582912f + 127f)).AsInt32() << 23).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(short* source) =>
        Vector256.WidenLower(Vector128.Load(source).ToVector256Unsafe());
}
