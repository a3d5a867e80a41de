using Interp.Bench;
using Interp.Bench.Product;

string command = args.Length > 0 ? args[0] : "product";
int rounds = args.Length > 1 ? int.Parse(args[1]) : 9;
int[] threads = args.Length > 2 ? [int.Parse(args[2])] : [1, 2];
if (command == "stream")
{
    Console.WriteLine(StreamRunner.Header);
    foreach (string row in threads.SelectMany(t => StreamRunner.Measure(t, rounds)))
        Console.WriteLine(row);
    return;
}

IEnumerable<ProductShape> shapes = command == "odd" ? ProductShape.Odd : ProductShape.Layers;
Console.WriteLine(ProductRow.Header);
foreach (int t in threads)
{
    Clock.SecondsPerCall(() => MultiplyAddPeak.Run(t), 0.5);
    foreach (ProductShape shape in shapes)
        Console.WriteLine(ProductRunner.Measure(shape, t, rounds).Line);
}
