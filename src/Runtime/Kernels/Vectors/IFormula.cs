namespace Interp.Runtime.Kernels;

/// <summary>An elementwise function, written once; a struct, so that its parameters travel with it.</summary>
internal interface IFormula
{
    T Evaluate<T>(T x)
        where T : struct, ILanes<T>;
}

/// <summary>What is done with a formula that is only known at run time; compiled for each.</summary>
internal interface IFormulaUse
{
    void With<TFormula>(TFormula formula)
        where TFormula : struct, IFormula;
}
