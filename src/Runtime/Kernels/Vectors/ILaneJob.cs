namespace Interp.Runtime.Kernels;

/// <summary>A piece of work written once for any lane type; <see cref="KernelTiers.Run{TJob}"/> chooses the type.</summary>
internal interface ILaneJob
{
    void Run<TLanes>()
        where TLanes : struct, ILanes<TLanes>;
}
