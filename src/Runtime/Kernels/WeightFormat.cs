namespace Interp.Runtime.Kernels;

/// <summary>How the numbers of a <see cref="PackedMatrix"/> are kept. A product has the bits of its float32 form in each.</summary>
internal enum WeightFormat
{
    /// <summary>4 bytes.</summary>
    Float32,

    /// <summary>2 bytes, the upper half of a float32.</summary>
    BFloat16,

    /// <summary>2 bytes, IEEE 754 binary16; finite numbers only.</summary>
    Float16,
}

/// <summary>How numbers of one format become lanes; exact in every case.</summary>
internal unsafe interface IWeightFormat
{
    /// <summary>Bytes of one number.</summary>
    static abstract int Size { get; }

    /// <summary>As many numbers as there are lanes.</summary>
    static abstract T Load<T>(byte* source)
        where T : struct, ILanes<T>;

    /// <summary>
    /// Loads two vectors of weights that follow each other, in whatever order is cheapest; <see cref="InOrder"/> gives what belongs to them in theirs.
    /// </summary>
    static abstract void LoadTwo<T>(byte* source, out T a, out T b)
        where T : struct, ILanes<T>;

    /// <summary>From the order of <see cref="LoadTwo"/> to that of the weights.</summary>
    static abstract void InOrder<T>(ref T a, ref T b)
        where T : struct, ILanes<T>;

    /// <summary>From the order of the weights to that of <see cref="LoadTwo"/>.</summary>
    static abstract void AsLoaded<T>(ref T a, ref T b)
        where T : struct, ILanes<T>;
}
