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

    /// <summary>Whether two vectors that follow each other are loaded at once, by <see cref="ILanes{TSelf}.LoadBFloat16Pair"/>.</summary>
    static abstract bool InPairs { get; }

    /// <summary>As many numbers as there are lanes.</summary>
    static abstract T Load<T>(byte* source)
        where T : struct, ILanes<T>;
}
