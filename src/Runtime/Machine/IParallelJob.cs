namespace Interp.Runtime.Machine;

/// <summary>Work cut into fixed items that may be done in any order and at the same time; see <see cref="WorkerPool"/>.</summary>
internal interface IParallelJob
{
    /// <summary>Does one item. Threads share the job itself: it must not change its own fields.</summary>
    /// <param name="item">From 0 to the number of items, exclusive.</param>
    void Run(int item);
}
