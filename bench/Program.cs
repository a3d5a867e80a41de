using Interp.Bench;
using Interp.Bench.Product;

string command = args.Length > 0 ? args[0] : "product";
int rounds = args.Length > 2 ? int.Parse(args[2]) : 15;
IEnumerable<ProductShape> shapes = args.Length > 1 && args[1] == "odd" ? ProductShape.Odd : ProductShape.Layers;
Console.WriteLine(ProductRow.Header);
foreach (int threads in new[] { 1, 2 })
    foreach (ProductShape shape in shapes)
        Console.WriteLine(ProductRunner.Measure(shape, threads, rounds).Line);
