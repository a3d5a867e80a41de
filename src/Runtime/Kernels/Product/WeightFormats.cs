using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary><see cref="WeightFormat.Float32"/>.</summary>
internal readonly unsafe struct Float32Weights : IWeightFormat
{
    public static bool InPairs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    public static int Size
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(float);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* source)
        where T : struct, ILanes<T> => T.Load((float*)source);
}

/// <summary><see cref="WeightFormat.BFloat16"/>.</summary>
internal readonly unsafe struct BFloat16Weights : IWeightFormat
{
    public static bool InPairs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => true;
    }

    public static int Size
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(ushort);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* source)
        where T : struct, ILanes<T> => T.LoadBFloat16((ushort*)source);
}

/// <summary><see cref="WeightFormat.Float16"/>.</summary>
internal readonly unsafe struct Float16Weights : IWeightFormat
{
    public static bool InPairs
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => false;
    }

    public static int Size
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(ushort);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* source)
        where T : struct, ILanes<T> => T.LoadFloat16((ushort*)source);
}
