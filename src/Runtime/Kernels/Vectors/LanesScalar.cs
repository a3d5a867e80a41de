using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary>One lane in a plain float: the definition of what the wider lanes compute.</summary>
internal unsafe struct LanesScalar : ILanes<LanesScalar>
{
    private float lane;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private LanesScalar(float lane) => this.lane = lane;

    public static int Width
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => 1;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar Load(float* source) => new(*source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar LoadBFloat16(ushort* source) => new(BitConverter.UInt32BitsToSingle((uint)*source << 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadBFloat16Pair(ushort* source, out LanesScalar a, out LanesScalar b)
    {
        a = LoadBFloat16(source);
        b = LoadBFloat16(source + Width);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PairInOrder(ref LanesScalar a, ref LanesScalar b)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PairAsLoaded(ref LanesScalar a, ref LanesScalar b)
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar LoadFloat16(ushort* source) => new((float)BitConverter.UInt16BitsToHalf(*source));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(LanesScalar value, float* destination) => *destination = value.lane;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar Broadcast(float value) => new(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar Add(LanesScalar a, LanesScalar b) => new(a.lane + b.lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar Subtract(LanesScalar a, LanesScalar b) => new(a.lane - b.lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar Multiply(LanesScalar a, LanesScalar b) => new(a.lane * b.lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar Divide(LanesScalar a, LanesScalar b) => new(a.lane / b.lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar Fma(LanesScalar a, LanesScalar b, LanesScalar c) =>
        new(MathF.FusedMultiplyAdd(a.lane, b.lane, c.lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddProduct(LanesScalar a, LanesScalar b) => lane = MathF.FusedMultiplyAdd(a.lane, b.lane, lane);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar Abs(LanesScalar value) => new(MathF.Abs(value.lane));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar SelectLess(LanesScalar a, LanesScalar b, LanesScalar less, LanesScalar otherwise) =>
        a.lane < b.lane ? less : otherwise;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar KeepNaN(LanesScalar value, LanesScalar number) => float.IsNaN(value.lane) ? value : number;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static LanesScalar PowerOfTwo(LanesScalar n) =>
        new(BitConverter.Int32BitsToSingle(BitConverter.SingleToInt32Bits(n.lane + (12582912f + 127f)) << 23));
}
