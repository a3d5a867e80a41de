namespace Interp.Runtime.Kernels;

/// <summary>An elementwise function, written once; a struct, so that its parameters travel with it.</summary>
internal interface IFormula
{
    T Evaluate<T>(T x)
        where T : struct, ILanes<T>;
}
