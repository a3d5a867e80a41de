using System.Runtime.CompilerServices;

namespace Interp.Runtime.Kernels;

/// <summary><see cref="WeightFormat.Float32"/>.</summary>
internal readonly unsafe struct Float32Weights : IWeightFormat
{
    public static int Size
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(float);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* source)
        where T : struct, ILanes<T> => T.Load((float*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadTwo<T>(byte* source, out T a, out T b)
        where T : struct, ILanes<T>
    {
        a = Load<T>(source);
        b = Load<T>(source + (T.Width * Size));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void InOrder<T>(ref T a, ref T b)
        where T : struct, ILanes<T>
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AsLoaded<T>(ref T a, ref T b)
        where T : struct, ILanes<T>
    {
    }
}

/// <summary><see cref="WeightFormat.BFloat16"/>.</summary>
internal readonly unsafe struct BFloat16Weights : IWeightFormat
{
    public static int Size
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(ushort);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* source)
        where T : struct, ILanes<T> => T.LoadBFloat16((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadTwo<T>(byte* source, out T a, out T b)
        where T : struct, ILanes<T> => T.LoadTwoBFloat16((ushort*)source, out a, out b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void InOrder<T>(ref T a, ref T b)
        where T : struct, ILanes<T> => T.InOrder(ref a, ref b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AsLoaded<T>(ref T a, ref T b)
        where T : struct, ILanes<T> => T.AsLoaded(ref a, ref b);
}

/// <summary><see cref="WeightFormat.Float16"/>.</summary>
internal readonly unsafe struct Float16Weights : IWeightFormat
{
    public static int Size
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => sizeof(ushort);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static T Load<T>(byte* source)
        where T : struct, ILanes<T> => T.LoadFloat16((ushort*)source);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void LoadTwo<T>(byte* source, out T a, out T b)
        where T : struct, ILanes<T>
    {
        a = Load<T>(source);
        b = Load<T>(source + (T.Width * Size));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void InOrder<T>(ref T a, ref T b)
        where T : struct, ILanes<T>
    {
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AsLoaded<T>(ref T a, ref T b)
        where T : struct, ILanes<T>
    {
    }
}
