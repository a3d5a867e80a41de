namespace Interp.Runtime.Kernels;

/// <summary>
/// A vector of float32 lanes. Every operation works on each lane alone and rounds once, as IEEE 754 says, so a formula
/// written with them gives the same bits at every width.
/// </summary>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    /// <summary>Number of lanes; divides 16.</summary>
    static abstract int Width { get; }

    static abstract TSelf Load(float* source);

    /// <summary>bfloat16 numbers: the upper halves of their float32 forms.</summary>
    static abstract TSelf LoadBFloat16(ushort* source);

    // Of these three the narrow widths have nothing but two loads, written out in each: a default here would not be inlined and takes 2 to 12 times as long.

    /// <summary>Two vectors of bfloat16 numbers, in whatever order is cheapest, which <see cref="PairInOrder"/> undoes.</summary>
    static abstract void LoadBFloat16Pair(ushort* source, out TSelf a, out TSelf b);

    /// <summary>Brings what belongs to the numbers of <see cref="LoadBFloat16Pair"/> into the order in which these lie in memory.</summary>
    static abstract void PairInOrder(ref TSelf a, ref TSelf b);

    /// <summary>The other way round.</summary>
    static abstract void PairAsLoaded(ref TSelf a, ref TSelf b);

    /// <summary>Finite binary16 numbers; exact, subnormal ones too.</summary>
    static abstract TSelf LoadFloat16(ushort* source);

    static abstract void Store(TSelf value, float* destination);

    static abstract TSelf Broadcast(float value);

    static abstract TSelf Add(TSelf a, TSelf b);

    static abstract TSelf Subtract(TSelf a, TSelf b);

    static abstract TSelf Multiply(TSelf a, TSelf b);

    static abstract TSelf Divide(TSelf a, TSelf b);

    /// <summary><c>a * b + c</c> with one rounding.</summary>
    static abstract TSelf Fma(TSelf a, TSelf b, TSelf c);

    /// <summary>Adds <c>a * b</c> to this with one rounding: <see cref="Fma"/> in place, which the compiler gives no register of its own.</summary>
    void AddProduct(TSelf a, TSelf b);

    static abstract TSelf Abs(TSelf value);

    /// <summary>
    /// <paramref name="less"/> where <c>a &lt; b</c>; <paramref name="otherwise"/> elsewhere and where one is NaN.
    /// </summary>
    static abstract TSelf SelectLess(TSelf a, TSelf b, TSelf less, TSelf otherwise);

    /// <summary>
    /// <paramref name="number"/> where <paramref name="value"/> is not NaN, <paramref name="value"/> elsewhere.
    /// </summary>
    static abstract TSelf KeepNaN(TSelf value, TSelf number);

    /// <summary>
    /// 2^n for whole n in [-126, 127]. Adding 1.5 * 2^23 + 127 puts n + 127 in the lowest bits of the mantissa, and a
    /// shift by 23 moves it into the exponent.
    /// </summary>
    static abstract TSelf PowerOfTwo(TSelf n);
}
